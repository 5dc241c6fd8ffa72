// Streams and shards: how far behind in time, the sick ones first.
import { html } from "../vendor/preact-htm.js";
import { Badge, Count, DataTable, Panel, Time, useTitle } from "../core/ui.js";
import { LagChart } from "../core/chart.js";
import { useQuery } from "../core/query.js";
import { formatDuration } from "../core/time.js";

const behindMs = 60_000;

export function Streams() {
  useTitle("Streams and shards");
  const query = useQuery("/v1/streams", { every: 3_000 });
  const lag = useQuery("/v1/lag", { every: 5_000 });
  const trend = lag.data?.trend;
  const series = (trend?.series ?? []).filter((each) => each.kind === "ingest");
  const weight = (shard) => (shard.trouble ? 3 : shard.lagMs === null ? 2 : shard.lagMs > behindMs ? 1 : 0);
  const rows = [...(query.data?.items ?? [])].sort((one, other) => weight(other) - weight(one) || (other.lagMs ?? 0) - (one.lagMs ?? 0) || one.shard.localeCompare(other.shard));
  return html`
    <h1>Streams and shards</h1>
    <${Panel} title="How far behind" query=${lag}>
      <ul class="plain">${(lag.data?.ingest ?? []).map((each) => html`<li key=${each.region}>${each.region || "This worker"}: ${each.lagMs === null
        ? html`<span class="unknown">unknown: ${each.why}</span>` : html`<strong>${formatDuration(each.lagMs)}</strong> behind its streams`}${each.ageMs > 15_000 ? html` <span class="age stale">told ${formatDuration(each.ageMs)} ago</span>` : null}</li>`)}</ul>
      ${trend?.begin && series.length ? html`<${LagChart} title="Behind the streams, the last hour" begin=${Date.parse(trend.begin)} stepMs=${trend.stepMs} series=${series.map((each) => ({ name: each.to || "this worker", values: each.values }))} />` : null}
    <//>
    <${Panel} title="Shards of this worker" query=${query}>
      ${query.data ? html`<p>${query.data.areAllRead === null ? html`<span class="unknown">Whether every shard has a reader is not known.</span>` : query.data.areAllRead ? "Every shard has a reader." : html`<${Badge} tone="bad">some shards have no reader<//>`}</p>` : null}
      <${DataTable} caption="Shards that this worker reads, the sick ones first" rows=${rows.slice(0, 500)} rowKey=${(shard) => `${shard.stream} ${shard.shard}`} empty=${query.answer ? "This worker reads no shard now." : ""}
        columns=${[
          { title: "Shard", cell: (shard) => html`<code>${shard.shard}</code>` },
          { title: "Stream", cell: (shard) => shard.stream.split("/").pop() },
          { title: "State", cell: (shard) => (shard.trouble ? html`<${Badge} tone="bad">cannot be read<//> ${shard.trouble} ${shard.since ? html`since <${Time} at=${shard.since} />` : ""}` : shard.lagMs === null ? html`<${Badge} tone="unknown">not read yet<//>` : html`<${Badge} tone=${shard.lagMs > behindMs ? "warn" : "ok"}>${shard.lagMs > behindMs ? "behind" : "reading"}<//>`) },
          { title: "Behind", isNumber: true, cell: (shard) => (shard.lagMs === null ? html`<span class="unknown">unknown</span>` : formatDuration(shard.lagMs)) },
          { title: "Records to come", isNumber: true, cell: (shard) => (shard.unread === null ? "" : html`<${Count} value=${shard.unread} />`) },
          { title: "Durable up to", cell: (shard) => html`<code>${shard.durable ?? ""}</code>` },
        ]} />
    <//>`;
}
