// Dialogs for what changes something: what will change, why, and the word that confirms it.
import { html, useState, useEffect, useRef } from "../vendor/preact-htm.js";
import { ask, Problem } from "./api.js";
import { formatDuration } from "./time.js";
import { useMe } from "./me.js";

/**
 * A dialog that sends one request. It asks for the reason, for the name of the person where nobody is logged in, and for `word` as it stands, and says what came of it.
 *
 * @param {{ title: string, path: string, body: object, word?: string, wordLabel?: string, needsWhy?: boolean, action: string, isDangerous?: boolean,
 *   children: any, said: (answer: object) => any, onClose: (isDone: boolean) => void, confirmAs?: string }} props `confirmAs`: the member of the body in which the typed word is sent
 */
export function ActionDialog(props) {
  const { title, path, body, word, wordLabel, needsWhy = true, action, isDangerous, children, said, onClose, confirmAs } = props;
  const element = useRef(null);
  const me = useMe();
  const [why, setWhy] = useState("");
  const [typed, setTyped] = useState("");
  const [person, setPerson] = useState("");
  const [phase, setPhase] = useState("asking");
  const [outcome, setOutcome] = useState(null);
  useEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const isSent = useRef(false);
  const needsPerson = me?.login === "none";
  const isReady = (!needsWhy || why.trim()) && (!word || typed === word) && (!needsPerson || person.trim());

  async function send(event) {
    event.preventDefault();
    // Not by the phase: a second press may come before that is drawn.
    if (!isReady || isSent.current) return;
    isSent.current = true;
    setPhase("sending");
    const begun = performance.now();
    const wanted = { ...body };
    if (needsWhy) wanted.why = why.trim();
    if (needsPerson) wanted.person = person.trim();
    if (word && confirmAs) wanted[confirmAs] = typeof body[confirmAs] === "number" ? Number(typed) : typed;
    try {
      const answer = await ask(path, { method: "POST", body: wanted });
      setOutcome({ text: said(answer), took: performance.now() - begun });
      setPhase("done");
    } catch (problem) {
      const isUnheard = problem instanceof Problem && (problem.status === 0 || problem.status >= 500);
      setOutcome({ problem, isUnheard });
      // What may have been done is never sent again by a second press.
      isSent.current = isUnheard;
      setPhase(isUnheard ? "unheard" : "asking");
    }
  }

  return html`<dialog ref=${element} aria-labelledby="dialog-title" class=${isDangerous ? "dangerous" : ""}
      onCancel=${(event) => { event.preventDefault(); if (phase !== "sending") onClose(phase === "done" || phase === "unheard"); }}>
    <form method="dialog" onSubmit=${send}>
      <h2 id="dialog-title">${title}</h2>
      <div class="body">${children}</div>
      ${phase === "done" ? null : html`
        ${needsPerson ? html`<label>Your name, which stands in the history as not verified
          <input type="text" required maxlength="64" value=${person} onInput=${(event) => setPerson(event.target.value)} autocomplete="off" /></label>` : null}
        ${needsWhy ? html`<label>Why
          <input type="text" required maxlength="512" value=${why} onInput=${(event) => setWhy(event.target.value)} autocomplete="off" /></label>` : null}
        ${word ? html`<label>${wordLabel ?? html`Type <strong>${word}</strong> to confirm`}
          <input type="text" required value=${typed} onInput=${(event) => setTyped(event.target.value)} autocomplete="off" spellcheck=${false} /></label>` : null}`}
      <div aria-live="assertive">
        ${outcome?.text ? html`<p class="said">${outcome.text} It took ${formatDuration(outcome.took)}.</p>` : null}
        ${outcome?.problem ? html`<p class="trouble">${outcome.isUnheard
          ? html`<strong>It may have been done.</strong> ${outcome.problem.detail} Close this and look before you try again.`
          : html`<strong>Not done.</strong> ${outcome.problem.detail}`}</p>` : null}
      </div>
      <footer>
        ${phase === "done" || phase === "unheard" ? null : html`<button type="submit" class=${isDangerous ? "danger" : "primary"} disabled=${!isReady || phase === "sending"}>
          ${phase === "sending" ? "Sending" : action}</button>`}
        <button type="button" disabled=${phase === "sending"} onClick=${() => onClose(phase === "done" || phase === "unheard")}>
          ${phase === "asking" ? "Cancel" : "Close"}</button>
      </footer>
    </form>
  </dialog>`;
}
