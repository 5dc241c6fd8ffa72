// All agents, a page at a time from the server, which filters and searches.
import { html, useState, useEffect } from "../vendor/preact-htm.js";
import { Badge, DataTable, Go, Pager, Panel, Time, Withheld, useRest, useTitle } from "../core/ui.js";
import { may, useMe } from "../core/me.js";
import { useQuery } from "../core/query.js";
import { go, href } from "../core/router.js";

const names = ["presence", "region", "status", "routingProfile", "stale", "name"];

export function Agents({ query: filters }) {
  useTitle("Agents");
  const me = useMe();
  const [draft, setDraft] = useState(filters);
  const [cursors, setCursors] = useState([]);
  const wanted = useRest(draft, 300);
  const key = href(["agents"], filters);
  // What is typed goes into the address, and the address is what is asked for.
  useEffect(() => {
    if (href(["agents"], wanted) !== key) go(["agents"], wanted, { replace: true });
  }, [wanted]);
  useEffect(() => {
    setDraft(filters);
    setCursors([]);
  }, [key]);
  const parameters = new URLSearchParams({ limit: "100" });
  for (const name of names) if (filters[name]) parameters.set(name, filters[name]);
  const cursor = cursors.at(-1);
  if (cursor) parameters.set("cursor", cursor);
  const query = useQuery(`/v1/agents?${parameters}`, { every: 5_000, kinds: ["agent"] });
  const set = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const pick = (name, label, values) => html`<label>${label}<select value=${draft[name] ?? ""} onChange=${set(name)}>
    <option value="">any</option>${values.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}</select></label>`;
  return html`<${Panel} title="Agents" query=${query} level=${1}>
    <form class="filters" role="search" aria-label="Filter agents" onSubmit=${(event) => event.preventDefault()}>
      <label>Name or username<input type="search" value=${draft.name ?? ""} onInput=${set("name")} disabled=${!may("read:personal")} autocomplete="off"
        title=${may("read:personal") ? "" : "To search by name you need the scope read:personal"} /></label>
      ${pick("presence", "Presence", [["online", "online"], ["offline", "offline"], ["unknown", "unknown"]])}
      ${pick("region", "Region", (me?.regions ?? []).map((region) => [region, region]))}
      ${pick("stale", "Not heard of for 5 minutes", [["true", "yes"], ["false", "no"]])}
      <label>Status<input type="text" value=${draft.status ?? ""} onInput=${set("status")} autocomplete="off" /></label>
      <label>Routing profile<input type="text" value=${draft.routingProfile ?? ""} onInput=${set("routingProfile")} autocomplete="off" /></label>
    </form>
    <${AgentTable} items=${query.data?.items ?? []} empty=${query.answer ? "No agent is like that." : ""} />
    ${query.data ? html`<${Pager} next=${query.data.next} isFirst=${cursors.length === 0} isPartial=${query.data.isPartial} count=${query.data.items.length}
      onFirst=${() => setCursors([])} onNext=${() => setCursors([...cursors.slice(-99), query.data.next])} />` : null}
    ${query.answer?.isWhole === false ? html`<p class="note">Not all agents are in this process's memory: some had to leave for want of it.</p>` : null}
    <${Withheld} answer=${query.answer} />
  <//>`;
}

export function AgentTable({ items, empty, caption = "Agents" }) {
  return html`<${DataTable} caption=${caption} rows=${items} rowKey=${(agent) => agent.id} empty=${empty} rowClass=${(agent) => (agent.isStale ? "stale" : "")}
    columns=${[
      { title: "Agent", cell: (agent) => html`<${Go} to=${["agent", agent.id]}>${agent.username ?? agent.id.split("/").pop()}<//>` },
      { title: "Presence", cell: (agent) => html`<${Presence} agent=${agent} />` },
      { title: "Where", cell: (agent) => agent.regionsOnline?.join(", ") || "nowhere" },
      { title: "Status", cell: (agent) => agent.status?.name ?? html`<span class="unknown">unknown</span>` },
      { title: "Since", cell: (agent) => html`<${Time} at=${agent.status?.since} />` },
      { title: "Heard of", cell: (agent) => html`<${Time} at=${agent.lastSeen} />` },
      { title: "Routing profile", cell: (agent) => agent.routingProfile?.name ?? "" },
    ]} />`;
}

export function Presence({ agent }) {
  const tone = { online: "ok", offline: "info" }[agent.presence] ?? "unknown";
  return html`<${Badge} tone=${agent.isStale ? "unknown" : tone}>${agent.presence ?? "unknown"}${agent.isStale ? ", not heard of" : ""}<//>`;
}
