// Whether this server's Region could take the traffic, and whether permissions are there: what the controller found last.
import { html } from "../vendor/preact-htm.js";
import { Badge, DataTable, Panel, Time, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";

const tones = { ok: "ok", warning: "warn", failed: "bad", unknown: "unknown" };
const order = { failed: 0, unknown: 1, warning: 2, ok: 3 };

export function Preflight() {
  useTitle("Permissions and preflight");
  const query = useQuery("/v1/preflight", { every: 15_000 });
  const health = useQuery("/health/ready", { every: 10_000 });
  const items = [...(query.data?.items ?? [])].sort((one, other) => order[one.state] - order[other.state]);
  const columns = [
    { title: "What", cell: (item) => item.what },
    { title: "State", cell: (item) => html`<${Badge} tone=${tones[item.state]}>${item.state}<//>${item.isBlocking ? html` <${Badge} tone="bad">holds back moves<//>` : null}` },
    { title: "Found", cell: (item) => item.found },
    { title: "What to do", cell: (item) => item.remedy },
  ];
  const isPermission = (item) => item.id.startsWith("permission");
  return html`
    <h1>Permissions and preflight</h1>
    <${Panel} title="Preflight" query=${query} staleAfter=${60_000}>
      ${query.data ? html`<p>Could ${query.data.target} take the traffic? ${query.data.at ? html`Looked at <${Time} at=${query.data.at} />.` : html`<span class="unknown">Nobody has looked yet.</span>`}</p>
        <h3>Permissions</h3>
        <${DataTable} caption="Permissions" columns=${columns} rows=${items.filter(isPermission)} rowKey=${(item) => item.id} empty="Not looked at yet." />
        <h3>Everything else</h3>
        <${DataTable} caption="What a move needs" columns=${columns} rows=${items.filter((item) => !isPermission(item))} rowKey=${(item) => item.id} empty="Not looked at yet." />` : null}
    <//>
    <${Checks} query=${health} />`;
}

/** This process's own checks: parts, and no proof that a call is answered. */
function Checks({ query }) {
  return html`<${Panel} title="Checks of this process" query=${query}>
    <${DataTable} caption="What this process says of itself" rows=${query.answer?.checks ?? []} rowKey=${(check) => check.name} empty=""
      columns=${[
        { title: "Check", cell: (check) => check.name },
        { title: "State", cell: (check) => html`<${Badge} tone=${check.status === "ok" ? "ok" : "bad"}>${check.status}<//>` },
        { title: "Says", cell: (check) => check.detail ?? "" },
        { title: "Since", cell: (check) => (check.since ? html`<${Time} at=${check.since} />` : "") },
      ]} />
  <//>`;
}
