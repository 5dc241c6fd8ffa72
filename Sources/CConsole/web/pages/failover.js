// Failover: what is, what would be, and the words of a person. Everything that moves traffic shows first what it changes, and asks for the Region's name.
import { html, useState } from "../vendor/preact-htm.js";
import { Badge, DataTable, Facts, Go, Health, Panel, Time, Trouble, useTitle } from "../core/ui.js";
import { ActionDialog } from "../core/dialog.js";
import { may, useMe } from "../core/me.js";
import { useQuery } from "../core/query.js";
import { formatDuration } from "../core/time.js";
import { groupName, safety, Shares, verdictsOf } from "./standing.js";

const shares = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

export function Failover() {
  useTitle("Failover");
  const me = useMe();
  const [dialog, setDialog] = useState(null);
  const status = useQuery("/v1/failover/status", { every: 2_000, kinds: ["failover"] });
  const preflight = useQuery("/v1/preflight", { every: 15_000 });
  const history = useQuery("/v1/failover/history?limit=100", { every: 10_000, kinds: ["failover"] });
  const reports = useQuery("/v1/failover/reports", { every: 15_000, kinds: ["failover"] });
  const names = status.data?.regions ?? me?.regions ?? [];
  const close = (isDone) => {
    setDialog(null);
    if (isDone) for (const query of [status, history, reports]) query.again();
  };
  const canSpeak = me !== null && may("operate") && !me.isAgents;
  return html`
    <h1>Failover</h1>
    ${me && !canSpeak ? html`<p class="note">You may look. To hold, approve or move you need the scope <code>operate</code>.</p>` : null}
    <${Now} query=${status} preflight=${preflight} names=${names} canSpeak=${canSpeak} open=${setDialog} />
    <${Rules} query=${status} names=${names} />
    <${History} query=${history} />
    <${Reports} query=${reports} />
    ${dialog ? html`<${Dialogs} kind=${dialog.kind} props=${dialog} status=${status.data} names=${names} onClose=${close} />` : null}`;
}

function Now({ query, preflight, names, canSpeak, open }) {
  const data = query.data;
  const control = data?.control;
  const answer = safety(data, preflight.data);
  const plan = control?.plan;
  const proposed = control?.proposed;
  const needsLook = control?.newest && ["automatic", "approved"].includes(control.newest.cause) && control.acknowledgedTerm < control.newest.term;
  return html`<${Panel} title="Now" query=${query}>
    ${data ? html`
      ${data.caveat ? html`<p class="note">${data.caveat}</p>` : null}
      <p><strong>Is it safe to move now?</strong> <${Badge} tone=${answer.tone}>${answer.word}<//> ${answer.text}. <${Go} to=${["preflight"]}>Preflight<//></p>
      ${control === null ? html`<p class="trouble" role="alert"><strong>The control table could not be read.</strong> Nothing is known of what is intended, and no word can be written.</p>` : null}
      ${data.foreign ? html`<p class="trouble" role="alert"><strong>Somebody else has changed a group:</strong> ${data.foreign}. Nothing moves by itself until 'converge failover acknowledge --adopt'.</p>` : null}
      ${control?.hold ? html`<p class="trouble"><strong>Held by ${control.hold.by}</strong> since <${Time} at=${control.hold.at} />: ${control.hold.why}. Nothing moves by itself.</p>` : null}
      ${needsLook ? html`<p class="trouble"><strong>Term ${control.newest.term} was a move ${control.newest.cause === "automatic" ? "by itself" : "that somebody approved"}.</strong> Nothing else moves by itself until a person has looked at it.</p>` : null}
      ${proposed ? html`<section class="verdict warn" aria-label="Proposed"><p class="headline"><strong>${proposed.controller} proposes a move to ${proposed.actor}</strong>, <${Time} at=${proposed.at} /></p>
        <ul>${proposed.evidence.map((line) => html`<li key=${line}>${line}</li>`)}</ul>
        <div class="actions"><button type="button" class="danger" disabled=${!canSpeak} onClick=${() => open({ kind: "approve", proposed, answer: "yes" })}>Approve</button>
          <button type="button" disabled=${!canSpeak} onClick=${() => open({ kind: "approve", proposed, answer: "no" })}>Refuse</button></div></section>` : null}
      ${(data.groups ?? control?.newest?.groups ?? []).map((group) => html`<${Shares} key=${group.group} name=${groupName(group.group)} names=${names}
        wanted=${control?.newest?.groups.find((each) => each.group === group.group)} real=${data.groups ? group : null} />`)}
      <${Facts} items=${[
        ["Wanted by", control?.newest ? html`term ${control.newest.term} (${control.newest.cause}) of ${control.newest.author}, <${Time} at=${control.newest.proposedAt} />` : null],
        ["Carried out", control ? stateText(control) : null],
        ["In force as of", data.groupsAgeMs === null ? null : `${formatDuration(data.groupsAgeMs)} ago`],
        ["Control table read", data.controlAgeMs === null ? null : `${formatDuration(data.controlAgeMs)} ago`],
        ["Mode", data.mode],
      ]} />
      ${plan ? html`<${Return} plan=${plan} gates=${data.thinking?.gates} canSpeak=${canSpeak} open=${open} />` : null}
      <div class="actions">
        ${names.map((region) => html`<button key=${region} type="button" class="danger" disabled=${!canSpeak || !control} onClick=${() => open({ kind: "move", region })}>Move to ${region}</button>`)}
        ${names.map((region) => html`<button key=${`r${region}`} type="button" disabled=${!canSpeak || !control || plan?.state === "running"} onClick=${() => open({ kind: "return", region })}>Return to ${region} in steps</button>`)}
        ${control?.hold
          ? html`<button type="button" disabled=${!canSpeak} onClick=${() => open({ kind: "resume" })}>End the hold</button>`
          : html`<button type="button" disabled=${!canSpeak || !control} onClick=${() => open({ kind: "hold" })}>Hold: nothing moves by itself</button>`}
        ${needsLook ? html`<button type="button" disabled=${!canSpeak} onClick=${() => open({ kind: "acknowledge" })}>I have looked at term ${control.newest.term}</button>` : null}
      </div>` : null}
  <//>`;
}

function stateText(control) {
  if (!control.newest) return "there is no term yet";
  if (control.newest.cause === "adopted") return "it is what was found in force";
  return { closed: "yes", fulfilled: "yes; one answer was not heard", sending: "it is being carried out" }[control.state] ?? `waits for a controller of ${control.newest.actor}`;
}

/** A gradual return: steps done and to come, and what each gate says now. */
function Return({ plan, gates, canSpeak, open }) {
  const tones = { running: "info", halted: "bad", done: "ok" };
  return html`<section aria-label="Gradual return">
    <h3>Return to ${plan.region} by ${plan.by} <${Badge} tone=${tones[plan.state]}>${plan.state}<//></h3>
    ${plan.evidence ? html`<p>${plan.evidence}</p>` : null}
    ${plan.state === "running" ? html`
      <p>${plan.step} points a step; gates have to hold for ${formatDuration(plan.holdMs)} before each.</p>
      <ol>${(plan.steps ?? []).map((step, number) => html`<li key=${number}>${step.map((group) => `${groupName(group.group)}: ${plan.region} ${group.telephony[plan.region]} % of calls, ${group.agents[plan.region]} % of agents`).join("; ")}</li>`)}</ol>
      ${gates ? html`<p>Gates: <${Badge} tone=${gates.bad ? "bad" : gates.areOpen ? "ok" : "unknown"}>${gates.bad ? "bad" : gates.areOpen ? "open" : "waiting"}<//> ${gates.bad ?? ""}</p>
        <ul>${gates.says.map((line) => html`<li key=${line}>${line}</li>`)}</ul>`
        : html`<p class="note">What the gates say is known at a controller of ${plan.region}: open the console there.</p>`}
      <div class="actions"><button type="button" disabled=${!canSpeak} onClick=${() => open({ kind: "halt", plan })}>Halt it where it is</button></div>` : null}
  </section>`;
}

/** Both Regions' controllers, and the rules that hold a move back. */
function Rules({ query, names }) {
  const data = query.data;
  const thinking = data?.thinking;
  return html`<${Panel} title="What controllers say" query=${query}>
    ${data ? html`
      <div class="grid">${names.map((region) => {
        const verdict = verdictsOf(data, region);
        const own = (data.control?.verdicts ?? []).filter((each) => each.region === region);
        return html`<section key=${region}><h3>${region} ${verdict.alive ? html`<${Health} state=${verdict.state} />` : html`<${Badge} tone="unknown">not heard<//>`}</h3>
          ${verdict.alive ? null : html`<p>${verdict.text}</p>`}
          <ul>${own.map((each) => html`<li key=${each.controller}>${each.controller}: ${verdict.alive ? "" : "last said "}${each.state}: ${each.evidence}. ${each.outlook}</li>`)}</ul></section>`;
      })}</div>
      <h3>Rules of this server's controller${thinking ? `, ${thinking.controller}: ${thinking.phase}` : ""}</h3>
      <${DataTable} caption="Every rule has to call for a move before one is made by itself" rows=${thinking?.evaluation?.rules ?? []} rowKey=${(rule) => rule.rule}
        empty="The controller has not judged yet."
        columns=${[
          { title: "Rule", cell: (rule) => rule.rule },
          { title: "Calls for a move", cell: (rule) => html`<${Badge} tone=${rule.holds ? "ok" : "info"}>${rule.holds ? "yes" : "holds back"}<//>` },
          { title: "Says", cell: (rule) => rule.says },
        ]} />` : null}
  <//>`;
}

function History({ query }) {
  return html`<${Panel} title="History: who did what" query=${query} staleAfter=${60_000}>
    <${DataTable} caption="The newest first" rows=${query.data?.entries ?? []} rowKey=${(entry) => `${entry.at} ${entry.kind} ${entry.author} ${entry.term}`}
      empty=${query.answer ? "Nothing has happened yet." : ""}
      columns=${[
        { title: "When", cell: (entry) => html`<${Time} at=${entry.at} />` },
        { title: "Who", cell: (entry) => entry.author },
        { title: "What", cell: (entry) => entry.kind },
        { title: "Term", isNumber: true, cell: (entry) => (entry.term ? html`<${Go} to=${["term", String(entry.term)]}>${entry.term}<//>` : "") },
        { title: "Words", cell: (entry) => entry.lines.map((line, number) => html`<div key=${number}>${line}</div>`) },
      ]} />
  <//>`;
}

/** The real thing and practice are two tables. */
function Reports({ query }) {
  const items = query.data?.items ?? [];
  const columns = [
    { title: "Term", cell: (term) => html`<${Go} to=${["term", String(term.term)]}>${term.term}<//>` },
    { title: "When", cell: (term) => html`<${Time} at=${term.at} />` },
    { title: "Who", cell: (term) => term.author },
    { title: "Why", cell: (term) => term.cause },
    { title: "To", cell: (term) => term.actor || "as found" },
    { title: "In force after", isNumber: true, cell: (term) => formatDuration(term.tookMs) },
    { title: "State", cell: (term) => term.state ?? (term.cause === "adopted" ? "as found" : "waits") },
  ];
  return html`<${Panel} title="Reports" query=${query} staleAfter=${60_000}>
    <h3>Moves and returns</h3>
    <${DataTable} caption="Moves and returns, the newest first" columns=${columns} rows=${items.filter((term) => !term.isDrill)} rowKey=${(term) => term.term} empty=${query.answer ? "There is none yet." : ""} />
    <h3>Practice: drills</h3>
    <${DataTable} caption="Drills, the newest first" columns=${columns} rows=${items.filter((term) => term.isDrill)} rowKey=${(term) => term.term} empty=${query.answer ? "No drill has been held." : ""} />
  <//>`;
}

function Dialogs({ kind, props, status, names, onClose }) {
  const [share, setShare] = useState(kind === "return" ? 50 : 100);
  const [step, setStep] = useState(10);
  const [hold, setHold] = useState(300);
  const plan = useQuery(kind === "move" ? `/v1/failover/plan?to=${encodeURIComponent(props.region)}&share=${share}` : null, {});
  switch (kind) {
    case "move":
      return html`<${ActionDialog} title=${`Move to ${props.region}`} isDangerous action=${`Move ${share} % to ${props.region}`} path="/v1/failover/move" confirmAs="confirm"
        body=${{ to: props.region, share, after: plan.data?.after ?? status?.control?.newest?.term ?? 0 }} word=${props.region} onClose=${onClose}
        said=${(answer) => `Term ${answer.data.term} is committed; controllers carry it out.`}>
        <label>Share of calls and agents
          <select value=${share} onChange=${(event) => setShare(Number(event.target.value))}>${shares.map((each) => html`<option key=${each} value=${each}>${each} %</option>`)}</select></label>
        <${Change} query=${plan} names=${names} />
        <p class="note">It is carried out at once, whatever the rules say. Contacts that go on stay where they are; agents have to sign in anew.</p>
      <//>`;
    case "return":
      return html`<${ActionDialog} title=${`Return to ${props.region} in steps`} isDangerous action="Begin" path="/v1/failover/return" confirmAs="confirm"
        body=${{ to: props.region, share, step, hold }} word=${props.region} onClose=${onClose}
        said=${(answer) => `It has begun: ${answer.data.steps} steps.`}>
        <p>Controllers of ${props.region} make the steps. Before each its gates have to hold: ${props.region} serves as far as its signals tell, replication is not behind, groups are as intended, nobody holds it. A bad gate halts the return.</p>
        <label>It ends at <select value=${share} onChange=${(event) => setShare(Number(event.target.value))}>${shares.map((each) => html`<option key=${each} value=${each}>${each} %</option>`)}</select></label>
        <label>Points a step <select value=${step} onChange=${(event) => setStep(Number(event.target.value))}>${shares.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
        <label>Seconds that gates have to hold <input type="number" min="1" max="86400" value=${hold} onInput=${(event) => setHold(Number(event.target.value))} /></label>
      <//>`;
    case "approve":
      return html`<${ActionDialog} title=${props.answer === "yes" ? `Approve the move to ${props.proposed.actor}` : "Refuse the move"} isDangerous=${props.answer === "yes"}
        action=${props.answer === "yes" ? "Approve" : "Refuse"} path="/v1/failover/approve" body=${{ proposal: props.proposed.id, answer: props.answer }}
        word=${props.answer === "yes" ? props.proposed.actor : undefined} confirmAs="confirm" onClose=${onClose}
        said=${() => (props.answer === "yes" ? "Approved: the controller moves at once if the rules still call for it." : "Refused.")}>
        <ul>${props.proposed.groups.map((group) => html`<li key=${group.group}>${groupName(group.group)}: ${names.map((region) => `${region} ${group.telephony[region] ?? 0} %`).join(", ")}</li>`)}</ul>
      <//>`;
    case "hold":
      return html`<${ActionDialog} title="Hold" action="Hold" path="/v1/failover/hold" body=${{}} onClose=${onClose} said=${() => "Held."}>
        <p>No controller of either Region moves anything by itself until somebody ends the hold. People can still move.</p><//>`;
    case "resume":
      return html`<${ActionDialog} title="End the hold" action="End the hold" path="/v1/failover/resume" body=${{}} onClose=${onClose} said=${() => "It is not held any more."}>
        <p>Controllers may move by themselves again, as their mode says.</p><//>`;
    case "halt":
      return html`<${ActionDialog} title="Halt the return" action="Halt" path="/v1/failover/halt" body=${{}} onClose=${onClose} said=${() => "Halted where it is."}>
        <p>Shares stay as they are now. A new return can be begun from there.</p><//>`;
    default:
      return html`<${ActionDialog} title="I have looked at the move" action="Acknowledge" path="/v1/failover/acknowledge" body=${{}} onClose=${onClose} said=${(answer) => `Term ${answer.data.acknowledged} is acknowledged.`}>
        <p>Ends the cool-down: controllers may move by themselves again, as their mode says.</p><//>`;
  }
}

/** What a move would change. */
function Change({ query, names }) {
  if (query.problem) return html`<${Trouble} problem=${query.problem} what="what it would change" />`;
  if (!query.data) return html`<p class="loading">Asking what it would change</p>`;
  if (!query.data.isChange) return html`<p><strong>It would change nothing.</strong></p>`;
  const rows = query.data.then.flatMap((then) => {
    const now = query.data.now.find((each) => each.group === then.group);
    return names.map((region) => ({ group: groupName(then.group), region, now, then }));
  });
  return html`<${DataTable} caption="What it changes" isCaptionShown rows=${rows} rowKey=${(row) => row.group + row.region}
    columns=${[
      { title: "Group", cell: (row) => row.group },
      { title: "Region", cell: (row) => row.region },
      { title: "Calls", isNumber: true, cell: (row) => `${row.now?.telephony[row.region] ?? "unknown"} % to ${row.then.telephony[row.region]} %` },
      { title: "Agents", isNumber: true, cell: (row) => `${row.now?.agents[row.region] ?? "unknown"} % to ${row.then.agents[row.region]} %` },
      { title: "Sign-in", cell: (row) => (row.then.signIn ? `${row.now?.signIn?.includes(row.region) ? "open" : "closed"} to ${row.then.signIn.includes(row.region) ? "open" : "closed"}` : "") },
    ]} />`;
}
