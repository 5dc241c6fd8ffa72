// The configuration in force, and where each value comes from. Secrets are masked by the server.
import { html, useState } from "../vendor/preact-htm.js";
import { Badge, DataTable, Panel, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";

export function Configuration() {
  useTitle("Configuration in force");
  const query = useQuery("/v1/configuration", { every: 60_000 });
  const [filter, setFilter] = useState("");
  const [isGiven, setIsGiven] = useState(true);
  const rows = (query.data?.items ?? []).filter((item) => item.key.includes(filter.toLowerCase()) && (!isGiven || (item.origin !== "default" && item.origin !== "not set")));
  return html`<${Panel} title="Configuration in force" query=${query} level=${1} staleAfter=${300_000}>
    <div class="filters">
      <label>Keys that have<input type="search" value=${filter} onInput=${(event) => setFilter(event.target.value)} autocomplete="off" /></label>
      <label>Which<select value=${isGiven ? "given" : "all"} onChange=${(event) => setIsGiven(event.target.value === "given")}><option value="given">those that somebody gave</option><option value="all">all</option></select></label>
    </div>
    <${DataTable} caption="Settings of this process" rows=${rows} rowKey=${(item) => item.key} empty=${query.answer ? "No key is like that." : ""}
      columns=${[
        { title: "Key", cell: (item) => html`<code>${item.key}</code>` },
        { title: "Value", cell: (item) => (item.value === null ? html`<span class="empty">not set</span>` : html`<code>${item.value}</code>${item.isSecret ? html` <${Badge} tone="info">secret<//>` : null}`) },
        { title: "From", cell: (item) => item.origin },
      ]} />
  <//>`;
}
