// Queues of both Regions side by side: contacts that wait and that are with an agent, and what other systems tell of them.
import { html, useState } from "../vendor/preact-htm.js";
import { Count, DataTable, Pager, Panel, Time, useTitle } from "../core/ui.js";
import { useMe } from "../core/me.js";
import { useQuery } from "../core/query.js";
import { byName } from "./home.js";

export function Queues() {
  useTitle("Queues");
  const me = useMe();
  const [cursor, setCursor] = useState(null);
  const summary = useQuery("/v1/summary", { every: 2_000, kinds: ["contact"] });
  const list = useQuery(`/v1/queues?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { every: 10_000, kinds: ["queue"] });
  const names = [...new Set([...(me?.regions ?? []), ...Object.keys(summary.data?.contacts.regions ?? {})])].filter(Boolean).sort();
  const rows = [...byName(summary.data?.contacts.queues ?? [])].sort((one, other) => one.name.localeCompare(other.name));
  return html`
    <h1>Queues</h1>
    <${Panel} title="Contacts in queues" query=${summary}>
      <${DataTable} caption="Contacts that go on, by queue and Region" rows=${rows.slice(0, 100)} rowKey=${(queue) => queue.name} empty=${summary.answer ? "No contact is in a queue." : ""}
        columns=${[
          { title: "Queue", cell: (queue) => queue.name },
          ...names.flatMap((name) => [
            { title: `${name}, waiting`, isNumber: true, cell: (queue) => html`<${Count} value=${queue.regions[name]?.QUEUED ?? 0} />` },
            { title: `${name}, with an agent`, isNumber: true, cell: (queue) => html`<${Count} value=${queue.regions[name]?.CONNECTED_TO_AGENT ?? 0} />` },
          ]),
        ]} />
      ${rows.length > 100 || summary.data?.contacts.queuesAreCut ? html`<p class="note">There are more than 100 queues; the rest is not shown.</p>` : null}
    <//>
    <${Panel} title="What is told of queues" query=${list}>
      <${DataTable} caption="What each Region told of a queue" rows=${list.data?.items ?? []} rowKey=${(queue) => queue.id} empty=${list.answer ? "Nobody has told of a queue." : ""}
        columns=${[
          { title: "Queue", cell: (queue) => queue.id },
          ...names.map((name) => ({ title: name, cell: (queue) => told(queue.regions?.[name]) })),
        ]} />
      ${list.data ? html`<${Pager} next=${list.data.next} isFirst=${cursor === null} onFirst=${() => setCursor(null)} onNext=${() => setCursor(list.data.next)} count=${list.data.items.length} isPartial=${list.data.isPartial} />` : null}
    <//>`;
}

function told(side) {
  if (!side) return html`<span class="unknown">nothing told</span>`;
  return html`${Object.entries(side.fields ?? {}).map(([name, value]) => html`<div key=${name}>${name}: ${String(value)}</div>`)}<${Time} at=${side.updatedAt} />`;
}
