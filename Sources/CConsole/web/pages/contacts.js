// Contacts that go on, a page at a time.
import { html, useState, useEffect } from "../vendor/preact-htm.js";
import { DataTable, Go, Pager, Panel, Time, Withheld, useRest, useTitle } from "../core/ui.js";
import { useMe } from "../core/me.js";
import { useQuery } from "../core/query.js";
import { go, href } from "../core/router.js";
import { phases } from "./standing.js";

const names = ["phase", "channel", "queue", "agent", "region"];

export function Contacts({ query: filters }) {
  useTitle("Contacts");
  const me = useMe();
  const [draft, setDraft] = useState(filters);
  const [cursors, setCursors] = useState([]);
  const wanted = useRest(draft, 300);
  const key = href(["contacts"], filters);
  useEffect(() => {
    if (href(["contacts"], wanted) !== key) go(["contacts"], wanted, { replace: true });
  }, [wanted]);
  useEffect(() => {
    setDraft(filters);
    setCursors([]);
  }, [key]);
  const parameters = new URLSearchParams({ limit: "100" });
  for (const name of names) if (filters[name]) parameters.set(name, filters[name]);
  if (cursors.length) parameters.set("cursor", cursors.at(-1));
  const query = useQuery(`/v1/contacts?${parameters}`, { every: 5_000, kinds: ["contact"] });
  const set = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const pick = (name, label, values) => html`<label>${label}<select value=${draft[name] ?? ""} onChange=${set(name)}>
    <option value="">any</option>${values.map((value) => html`<option key=${value} value=${value}>${value}</option>`)}</select></label>`;
  return html`<${Panel} title="Contacts that go on" query=${query} level=${1}>
    <form class="filters" role="search" aria-label="Filter contacts" onSubmit=${(event) => event.preventDefault()}>
      ${pick("phase", "Phase", phases)} ${pick("region", "Region", me?.regions ?? [])} ${pick("channel", "Channel", ["VOICE", "CHAT", "TASK", "EMAIL"])}
      <label>Queue (name or ARN)<input type="text" value=${draft.queue ?? ""} onInput=${set("queue")} autocomplete="off" /></label>
      <label>Agent (id or ARN)<input type="text" value=${draft.agent ?? ""} onInput=${set("agent")} autocomplete="off" /></label>
    </form>
    <${ContactTable} items=${query.data?.items ?? []} empty=${query.answer ? "No contact is like that." : ""} />
    ${query.data ? html`<${Pager} next=${query.data.next} isFirst=${cursors.length === 0} isPartial=${query.data.isPartial} count=${query.data.items.length}
      onFirst=${() => setCursors([])} onNext=${() => setCursors([...cursors.slice(-99), query.data.next])} />` : null}
    <p class="note">Contacts that have ended are not listed: search for one by its id.</p>
    <${Withheld} answer=${query.answer} />
  <//>`;
}

export function ContactTable({ items, empty, caption = "Contacts" }) {
  return html`<${DataTable} caption=${caption} rows=${items} rowKey=${(contact) => contact.id} empty=${empty}
    columns=${[
      { title: "Contact", cell: (contact) => html`<${Go} to=${["contact", contact.id]}><code>${contact.id}</code><//>` },
      { title: "Phase", cell: (contact) => contact.phase ?? html`<span class="unknown">unknown</span>` },
      { title: "Where", cell: (contact) => contact.activeRegion ?? html`<span class="unknown">unknown</span>` },
      { title: "Channel", cell: (contact) => contact.channel ?? "" },
      { title: "Queue", cell: (contact) => contact.queue?.name ?? contact.queue?.arn?.split("/").pop() ?? "" },
      { title: "Agent", cell: (contact) => (contact.agent ? html`<${Go} to=${["agent", contact.agent.id]}>${contact.agent.username ?? contact.agent.id.split("/").pop()}<//>` : "") },
      { title: "Begun", cell: (contact) => html`<${Time} at=${contact.initiatedAt} />` },
    ]} />`;
}
