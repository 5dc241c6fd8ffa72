// An agent: where, since when, in which status, with which contacts; both Regions side by side.
import { html } from "../vendor/preact-htm.js";
import { Badge, DataTable, Facts, Go, Panel, Time, Withheld, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";
import { Presence } from "./agents.js";
import { ContactTable } from "./contacts.js";

export function Agent({ path }) {
  const id = path.join("/");
  const query = useQuery(`/v1/agents/${encodeURIComponent(id)}`, { every: 5_000, id: `agent/${id}` });
  const contacts = useQuery(`/v1/contacts?limit=100&agent=${encodeURIComponent(id)}`, { every: 5_000, kinds: ["contact"] });
  const agent = query.data;
  const name = agent?.username ?? id.split("/").pop();
  useTitle(name);
  const regions = Object.entries(agent?.regions ?? {}).sort(([one], [other]) => one.localeCompare(other));
  return html`
    <${Panel} title=${`Agent ${name}`} query=${query} level=${1}>
      ${agent ? html`
        ${regions.filter(([, side]) => side.presence === "online").length > 1 ? html`<p class="trouble" role="alert">This agent is shown as online in both Regions at once.</p>` : null}
        <${Facts} items=${[
          ["Presence", html`<${Presence} agent=${agent} /> ${agent.regionsOnline?.join(" and ") ?? ""}`],
          ["Status", agent.status ? html`${agent.status.name}, <${Time} at=${agent.status.since} />` : null],
          ["Next status", agent.nextStatus?.name ?? (agent.nextStatus === null ? "none" : null)],
          ["Heard of", html`<${Time} at=${agent.lastSeen} />`],
          ["Name", [agent.firstName, agent.lastName].filter(Boolean).join(" ") || null],
          ["Routing profile", agent.routingProfile?.name],
          ["Hierarchy", (agent.hierarchy ?? []).map((level) => level.name ?? level).join(" / ") || "none"],
          ["Id", html`<code>${agent.id}</code>`],
        ]} />
        <h2>By Region</h2>
        <${DataTable} caption="What each Region tells of the agent" rows=${regions} rowKey=${([region]) => region} rowClass=${([region]) => (agent.staleRegions?.includes(region) ? "stale" : "")}
          columns=${[
            { title: "Region", cell: ([region]) => region },
            { title: "Presence", cell: ([region, side]) => html`<${Badge} tone=${agent.staleRegions?.includes(region) ? "unknown" : { online: "ok", offline: "info" }[side.presence] ?? "unknown"}>${side.presence}${agent.staleRegions?.includes(region) ? ", not heard of" : ""}<//>` },
            { title: "Status", cell: ([, side]) => side.status?.name ?? html`<span class="unknown">unknown</span>` },
            { title: "Since", cell: ([, side]) => html`<${Time} at=${side.status?.since} />` },
            { title: "Heard of", cell: ([, side]) => html`<${Time} at=${side.lastSeen} />` },
          ]} />
        <p><${Go} to=${["explain", "agent", agent.id]}>Explain: why each of these values is what it is<//></p>
        <${Withheld} answer=${query.answer} />` : null}
    <//>
    <${Panel} title="Contacts of this agent" query=${contacts}>
      <${ContactTable} items=${contacts.data?.items ?? []} empty=${contacts.answer ? "The agent has no contact now." : ""} />
    <//>`;
}
