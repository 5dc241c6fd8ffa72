// The report of a term: what became of a move, a return's step or a drill.
import { html } from "../vendor/preact-htm.js";
import { Badge, DataTable, Facts, Go, Panel, Time, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";
import { formatDuration } from "../core/time.js";
import { groupName } from "./standing.js";

export function Term({ path }) {
  const number = path[0] ?? "";
  useTitle(`Term ${number}`);
  const query = useQuery(`/v1/failover/explain/${encodeURIComponent(number)}`, { every: 15_000, kinds: ["failover"] });
  const report = query.data;
  const shown = (shares) => (shares ? Object.entries(shares).map(([region, share]) => `${region} ${share} %`).join(", ") : "unknown");
  return html`<${Panel} title=${`Term ${number}`} query=${query} level=${1} staleAfter=${120_000}>
    ${report ? html`
      <p>${report.kind === "drill" || report.cause === "drill" ? html`<${Badge} tone="info">practice<//>` : null} ${report.kind} by ${report.author}, cause ${report.cause}, <${Time} at=${report.proposedAt} />
        ${report.gaining ? html`: to ${report.gaining}${report.losing ? ` from ${report.losing}` : ""}` : null}</p>
      <${Facts} items=${[
        ["Lost to landed (RTO)", took(report.recovery)],
        ["Facts lost at most (RPO)", took(report.lostAtMost)],
        ["First contact landed", report.landing?.firstStart ? html`<${Time} at=${report.landing.firstStart} />` : null],
        ["Agents back", report.landing ? `${report.landing.agentsBack} of ${report.landing.agentsBefore ?? "unknown"}` : null],
        report.sequelTerm ? ["A newer term took its place", html`<${Go} to=${["term", String(report.sequelTerm)]}>term ${report.sequelTerm}<//>`] : null,
      ]} />
      <h2>Phases</h2>
      <${DataTable} caption="How long each phase took" rows=${report.phases} rowKey=${(phase) => phase.name}
        columns=${[{ title: "Phase", cell: (phase) => phase.name }, { title: "Took", isNumber: true, cell: (phase) => took(phase.took) }, { title: "From", cell: (phase) => phase.from?.says ?? "" }, { title: "To", cell: (phase) => phase.to?.says ?? "" }]} />
      <h2>What changed</h2>
      <${DataTable} caption="Shares of calls before and after" rows=${report.groups} rowKey=${(group) => group.group}
        columns=${[{ title: "Group", cell: (group) => groupName(group.group) }, { title: "Before", cell: (group) => shown(group.before?.telephony) }, { title: "After", cell: (group) => shown(group.after?.telephony) }]} />
      ${report.signals.length ? html`<h2>Signals</h2><ul>${report.signals.map((line) => html`<li key=${line}>${line}</li>`)}</ul>` : null}
      ${report.rules.length ? html`<h2>Rules</h2><ul>${report.rules.map((line) => html`<li key=${line}>${line}</li>`)}</ul>` : null}
      ${report.remarks.length ? html`<h2>Remarks</h2><ul>${report.remarks.map((line) => html`<li key=${line}>${line}</li>`)}</ul>` : null}
      <h2>Timeline</h2>
      <ol class="timeline">${report.timeline.map((entry, at) => html`<li key=${at}><strong>${entry.kind}</strong> by ${entry.author}, <${Time} at=${entry.at} isAgo=${false} />${entry.lines.map((line, n) => html`<div key=${n}>${line}</div>`)}</li>`)}</ol>` : null}
    <p><${Go} to=${["failover"]}>Failover<//></p>
  <//>`;
}

function took(value) {
  if (!value) return null;
  if (value.state === "unknown") return html`<span class="unknown">unknown: ${value.why}</span>`;
  if (value.state === "earlier") return `${formatDuration(value.earlierMilliseconds)} earlier`;
  return formatDuration(value.milliseconds);
}
