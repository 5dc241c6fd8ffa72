// Dead letters: records that could not be merged. Look into one, redrive one, those that are chosen, or all that fit.
import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { Badge, Count, DataTable, Facts, Go, Pager, Panel, Time, useTitle } from "../core/ui.js";
import { ActionDialog } from "../core/dialog.js";
import { may, useMe } from "../core/me.js";
import { useQuery } from "../core/query.js";
import { go, href } from "../core/router.js";
import { parseInput, serverNow, toInput } from "../core/time.js";
import { useSettings } from "../core/settings.js";

const windows = [["", "any time"], ["1h", "the last hour"], ["24h", "the last day"], ["between", "between two times"]];
const hours = { "1h": 1, "24h": 24 };

export function Letters({ path, query: filters }) {
  const me = useMe();
  // Not before this server's clock is known: the last hour is by it.
  if (me === null) return html`<p class="loading">Loading</p>`;
  return path.length > 0 ? html`<${One} id=${path.join("/")} />` : html`<${List} filters=${filters} />`;
}

/** What is asked for, of what stands in the address. The hour is that of when the page was asked for, to the minute, so that the same question has the same answer. */
function wantedOf(filters, now) {
  const wanted = {};
  if (filters.reason) wanted.reason = filters.reason;
  if (hours[filters.when]) wanted.since = new Date(now - hours[filters.when] * 3_600_000).toISOString();
  if (filters.when === "between") {
    if (filters.since) wanted.since = filters.since;
    if (filters.before) wanted.before = filters.before;
  }
  return wanted;
}

function List({ filters }) {
  useTitle("Dead letters");
  useSettings();
  const now = useMemo(() => Math.floor(serverNow() / 60_000) * 60_000, [filters.when]);
  const [cursors, setCursors] = useState([]);
  const [chosen, setChosen] = useState(new Set());
  const [dialog, setDialog] = useState(null);
  const key = href(["letters"], filters);
  useEffect(() => {
    setCursors([]);
    setChosen(new Set());
  }, [key]);
  const wanted = wantedOf(filters, now);
  const parameters = new URLSearchParams({ limit: "100", ...wanted });
  if (cursors.length) parameters.set("cursor", cursors.at(-1));
  const query = useQuery(`/v1/dead-letters?${parameters}`, { every: 10_000 });
  const data = query.data;
  const set = (change) => go(["letters"], { ...filters, ...change }, { replace: true });
  const canRedrive = may("operate");
  const flip = (id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return html`<${Panel} title="Dead letters" query=${query} level=${1} staleAfter=${60_000}>
    <p>Records that could not be merged, as they came. Nothing of them is lost: mend the cause, then redrive them.</p>
    <form class="filters" aria-label="Filter dead letters" onSubmit=${(event) => event.preventDefault()}>
      <label>Reason<select value=${filters.reason ?? ""} onChange=${(event) => set({ reason: event.target.value })}><option value="">any</option>
        ${Object.entries(data?.reasons ?? {}).map(([reason, count]) => html`<option key=${reason} value=${reason}>${reason} (${count})</option>`)}</select></label>
      <label>Came in<select value=${filters.when ?? ""} onChange=${(event) => set({ when: event.target.value })}>${windows.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}</select></label>
      ${filters.when === "between" ? html`
        <label>From<input type="datetime-local" value=${toInput(filters.since)} onChange=${(event) => set({ since: parseInput(event.target.value) })} /></label>
        <label>Until<input type="datetime-local" value=${toInput(filters.before)} onChange=${(event) => set({ before: parseInput(event.target.value) })} /></label>` : null}
    </form>
    ${data ? html`
      <p><${Count} value=${data.count} /> fit, <strong><${Count} value=${data.open} /></strong> of them were not redriven yet.
        ${data.isCut ? " There are older ones in the file, which are not listed." : ""}${data.isPartial ? " The file has not been read to its end: this is not all." : ""}</p>
      <div class="actions">
        <button type="button" class="primary" disabled=${!canRedrive || data.open === 0} onClick=${() => setDialog({ count: data.open, body: wanted })}>Redrive all ${data.open} that fit</button>
        <button type="button" disabled=${!canRedrive || chosen.size === 0} onClick=${() => setDialog({ count: chosen.size, body: { ids: [...chosen] } })}>Redrive ${chosen.size} chosen</button>
        ${canRedrive ? null : html`<span class="note">To redrive you need the scope <code>operate</code>.</span>`}
      </div>` : null}
    <${DataTable} caption="Dead letters, the newest first" rows=${data?.items ?? []} rowKey=${(letter) => letter.id} empty=${query.answer ? "There is none." : ""}
      columns=${[
        { title: "Reason", cell: (letter) => html`<${Go} to=${["letters", letter.id]}>${letter.reason}<//>` },
        { title: "Choose", cell: (letter) => html`<input type="checkbox" aria-label=${`Choose the letter at ${letter.position}`} checked=${chosen.has(letter.id)} onChange=${() => flip(letter.id)} />` },
        { title: "Detail", cell: (letter) => letter.detail },
        { title: "Came in", cell: (letter) => html`<${Time} at=${letter.arrival} />` },
        { title: "Stream", cell: (letter) => letter.stream.split("/").pop() },
        { title: "Position", cell: (letter) => html`<code>${letter.partition} ${letter.position}</code>` },
        { title: "Bytes", isNumber: true, cell: (letter) => html`<${Count} value=${letter.bytes} />` },
        { title: "Redriven", cell: (letter) => (letter.redriven ? html`by ${letter.redriven.by}, <${Time} at=${letter.redriven.at} />` : "no") },
      ]} />
    ${data ? html`<${Pager} next=${data.next} isFirst=${cursors.length === 0} count=${data.items.length} onFirst=${() => setCursors([])} onNext=${() => setCursors([...cursors.slice(-99), data.next])} />` : null}
    ${dialog ? html`<${Redrive} ...${dialog} onClose=${(isDone) => { setDialog(null); if (isDone) { setChosen(new Set()); query.again(); } }} />` : null}
  <//>`;
}

/** Asks for the number of letters, typed. */
function Redrive({ count, body, onClose }) {
  return html`<${ActionDialog} title=${`Redrive ${count} dead letters`} action="Redrive" path="/v1/redrives" body=${{ ...body, confirm: count }} confirmAs="confirm"
    word=${String(count)} wordLabel=${html`Type <strong>${count}</strong>, the number of letters, to confirm`} onClose=${onClose}
    said=${(answer) => `${answer.data.redriven} are in their streams again.${answer.data.failed.length ? ` ${answer.data.failed.length} are not: ${answer.data.failed[0].why}` : ""}`}>
    <p>Each goes into the stream that it came from, once more, as it was. It is merged there, which a second time changes nothing; or it becomes a dead letter once more, if its cause is still there. It stays in the file, marked.</p>
  <//>`;
}

function One({ id }) {
  useTitle("Dead letter");
  const [dialog, setDialog] = useState(false);
  const query = useQuery(`/v1/dead-letters/${encodeURIComponent(id)}`, {});
  const letter = query.data;
  return html`<${Panel} title="Dead letter" query=${query} level=${1} staleAfter=${600_000}>
    ${letter ? html`
      <p><${Badge} tone="bad">${letter.reason}<//> ${letter.detail}</p>
      <${Facts} items=${[
        ["Were it read now", letter.prospect],
        ["Came in", html`<${Time} at=${letter.arrival} />`],
        ["Stream", letter.stream], ["Partition and position", html`<code>${letter.partition} ${letter.position}</code>`],
        ["Bytes", html`<${Count} value=${letter.bytes} />`],
        ["Redriven", letter.redriven ? html`by ${letter.redriven.by}, <${Time} at=${letter.redriven.at} />` : "no"],
      ]} />
      <div class="actions"><button type="button" class="primary" disabled=${!may("operate")} onClick=${() => setDialog(true)}>Redrive this letter</button></div>
      <h2>The record</h2>
      ${letter.isCut ? html`<p class="note">Only the first 64 KiB are shown.</p>` : null}
      <pre tabindex="0" aria-label="The record">${letter.text === null ? letter.base64 : pretty(letter.text)}</pre>
      ${letter.text === null ? html`<p class="note">It is no text; this is base64.</p>` : null}` : null}
    <p><${Go} to=${["letters"]}>All dead letters<//></p>
    ${dialog ? html`<${Redrive} count=${1} body=${{ ids: [id] }} onClose=${(isDone) => { setDialog(false); if (isDone) query.again(); }} />` : null}
  <//>`;
}

/** JSON with line breaks; anything else as it stands. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
