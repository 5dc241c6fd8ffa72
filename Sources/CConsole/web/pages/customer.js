// A customer as a flow or an agent wants to know them when they call again.
import { html } from "../vendor/preact-htm.js";
import { Badge, DataTable, Facts, Go, Panel, Time, Withheld, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";

export function Customer({ path }) {
  const id = path.join("/");
  useTitle(`Customer ${id}`);
  const query = useQuery(`/v1/customers/${encodeURIComponent(id)}`, { every: 10_000, id: `customer/${id}` });
  const context = useQuery(`/v1/customers/${encodeURIComponent(id)}/context`, { every: 10_000 });
  const now = context.data;
  const last = now?.lastContact;
  return html`
    <${Panel} title=${`Customer ${id}`} query=${query} level=${1}>
      ${query.data ? html`<${Facts} items=${[
        ...Object.entries(query.data.fields ?? {}).map(([name, value]) => [name, String(value)]),
        ["Last told", html`<${Time} at=${query.data.updatedAt} />`], ["Told in", query.data.region],
      ]} />
      <h2>Contacts</h2>
      <${DataTable} caption="Contacts of this customer" rows=${(query.data.contacts ?? []).slice(0, 100)} rowKey=${(each) => each.id ?? each} empty="None is known."
        columns=${[{ title: "Contact", cell: (each) => html`<${Go} to=${["contact", each.id ?? each]}><code>${each.id ?? each}</code><//>` },
          { title: "When", cell: (each) => html`<${Time} at=${each.initiatedAt ?? each.at} />` }]} />
      <p><${Go} to=${["explain", "customer", id]}>Explain<//></p>
      <${Withheld} answer=${query.answer} />` : null}
    <//>
    <${Panel} title="When they call again" query=${context}>
      ${now ? html`<${Facts} items=${[
        ["Authentication", now.authentication ? html`strength ${now.authentication.strength ?? "unknown"}, <${Time} at=${now.authentication.at} /> in ${now.authentication.region}` : "none"],
        ["Carries over", now.authentication ? html`<${Badge} tone=${now.authentication.carriesOver ? "ok" : "info"}>${now.authentication.carriesOver ? "yes" : `no: ${now.authentication.obstacle}`}<//>` : "no"],
        ["Last contact", last ? html`<${Go} to=${["contact", last.id]}><code>${last.id}</code><//> ${last.channel ?? ""} <${Time} at=${last.initiatedAt} />` : "none"],
        ["Its agent", last?.agent ? html`<${Go} to=${["agent", last.agent.id]}>${last.agent.username ?? last.agent.id}<//> ${last.agent.presence} ${last.agent.regionsOnline?.join(", ") ?? ""}` : "none"],
        ["Broken off in a flow", now.brokenOff ? `${now.brokenOff.position ?? "at an unknown place"}` : "no"],
        ["Callback that goes on", now.callback ? html`<${Go} to=${["contact", now.callback.id ?? ""]}>yes<//>` : "no"],
        ["Contacts in the last day", now.contactsInLastDay],
        ["Language", now.language ?? "not told"], ["Case", now.caseId ?? "not told"],
      ]} />` : null}
    <//>`;
}
