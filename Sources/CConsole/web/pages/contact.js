// A contact with its chain and its timeline, and why it has the agent that it has.
import { html } from "../vendor/preact-htm.js";
import { Badge, DataTable, Facts, Go, Panel, Time, Withheld, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";

export function Contact({ path }) {
  const id = path.join("/");
  useTitle(`Contact ${id}`);
  const query = useQuery(`/v1/contacts/${encodeURIComponent(id)}`, { every: 5_000, id: `contact/${id}` });
  const contact = query.data;
  return html`<${Panel} title="Contact" query=${query} level=${1}>
    ${contact ? html`
      <p><code>${contact.id}</code> <${Badge} tone=${contact.disconnectedAt ? "info" : "ok"}>${contact.phase ?? "unknown"}<//></p>
      <${Facts} items=${[
        ["Where", contact.activeRegion],
        ["Began in", contact.originRegion],
        ["Channel", contact.channel],
        ["Initiated by", contact.initiationMethod],
        ["Queue", contact.queue?.name ?? contact.queue?.arn ?? "none"],
        ["Agent", contact.agent ? html`<${Go} to=${["agent", contact.agent.id]}>${contact.agent.username ?? contact.agent.id}<//> · <${Go} to=${["explain", "contact", contact.id]} query=${{ register: "agent" }}>why this agent<//>` : "none"],
        ["Customer", contact.customerId ? html`<${Go} to=${["customer", contact.customerId]}>${contact.customerId}<//>` : contact.customerId === null ? "not told" : null],
        ["Ended because", contact.disconnectedAt ? (contact.disconnectReason ?? null) : "it goes on"],
      ]} />
      <h2>Timeline</h2>
      <ol class="timeline">${timeline(contact).map(([at, what]) => html`<li key=${what}><strong>${what}</strong> <${Time} at=${at} /></li>`)}</ol>
      <h2>Chain</h2>
      <${DataTable} caption="Contacts that this one comes from or leads to, the nearest first" rows=${contact.chain?.contacts ?? []} rowKey=${(each) => each.id} empty="It stands alone."
        columns=${[
          { title: "Contact", cell: (each) => html`<${Go} to=${["contact", each.id]}><code>${each.id}</code><//>` },
          { title: "Is the", cell: (each) => each.relation },
          { title: "Phase", cell: (each) => each.phase ?? "unknown" },
          { title: "Agent", cell: (each) => each.agent?.username ?? "" },
          { title: "Begun", cell: (each) => html`<${Time} at=${each.initiatedAt} />` },
        ]} />
      ${contact.chain?.missing?.length ? html`<p class="note">Named, but not in the state: ${contact.chain.missing.map((each) => each.id ?? each).join(", ")}.</p>` : null}
      ${contact.chain?.isCut ? html`<p class="note">The chain goes on; no more of it is shown.</p>` : null}
      <p><${Go} to=${["explain", "contact", contact.id]}>Explain: why each of these values is what it is<//></p>
      <${Withheld} answer=${query.answer} />` : null}
  <//>`;
}

/** What happened to it and when, in order: of its own times and its milestones. */
export function timeline(contact) {
  const found = new Map();
  const add = (what, at) => at && found.set(what, at);
  for (const [what, at] of Object.entries(contact.milestones ?? {})) add(what.toLowerCase().replaceAll("_", " "), at);
  add("initiated", contact.initiatedAt);
  add("queued", contact.enqueuedAt);
  add("left the queue", contact.dequeuedAt);
  add("connected to agent", contact.connectedToAgentAt);
  add("scheduled for", contact.scheduledAt);
  add(`disconnected${contact.disconnectReason ? ` (${contact.disconnectReason})` : ""}`, contact.disconnectedAt);
  return [...found].map(([what, at]) => [at, what]).sort(([one], [other]) => Date.parse(one) - Date.parse(other));
}
