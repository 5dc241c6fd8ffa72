// Why a value is what it is: every candidate that the rows hold of every register, the winner marked, and by what it wins.
import { html, useState } from "../vendor/preact-htm.js";
import { Badge, DataTable, Panel, Time, useRest, useTitle } from "../core/ui.js";
import { useQuery } from "../core/query.js";
import { formatTime } from "../core/time.js";
import { useSettings } from "../core/settings.js";

export function Explain({ path, query: options }) {
  const kind = path[0] ?? "";
  const id = path.slice(1).join("/");
  useTitle(`Explain ${kind} ${id}`);
  useSettings();
  const [filter, setFilter] = useState(options.register ?? "");
  const wanted = useRest(filter);
  const query = useQuery(`/v1/explain/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`, { every: 10_000, id: `${kind}/${id}` });
  const groups = byRegister(query.data?.candidates ?? []).filter(([name]) => name.toLowerCase().includes(wanted.toLowerCase()));
  return html`<${Panel} title=${`Why ${kind} ${id} is as it is`} query=${query} level=${1}>
    <p>A fact is a register with a stamp. Of several candidates the later time wins; at the same time the higher rank, then the Region's name, then the event's id. The rule is the same in both Regions, so both come to the same value.</p>
    <div class="filters"><label>Registers whose name has<input type="search" value=${filter} onInput=${(event) => setFilter(event.target.value)} autocomplete="off" /></label></div>
    ${query.data && groups.length === 0 ? html`<p class="empty">There is no such register.</p>` : null}
    ${groups.slice(0, 100).map(([name, candidates]) => html`<section key=${name} aria-label=${name}>
      <h2><code>${name}</code> ${candidates.length > 1 ? html`<span class="age">${candidates.length} candidates</span>` : null}</h2>
      <${DataTable} caption=${`Candidates of ${name}`} rows=${candidates} rowKey=${(each) => `${each.place} ${each.register.time} ${each.register.event} ${each.register.region}`} rowClass=${(each) => (each.winner ? "winner" : "")}
        columns=${[
          { title: "Outcome", cell: (each) => (each.winner ? html`<${Badge} tone="ok">wins<//> ${candidates.length > 1 ? html`<span class="age">${because(each, candidates)}</span>` : null}` : html`<span class="age">loses</span>`) },
          { title: "Value", cell: (each) => html`<code>${each.register.tombstone ? "deleted" : shown(each.register.value ?? each.register.measure)}</code>` },
          { title: "Time", cell: (each) => html`<${Time} at=${each.register.time} isAgo=${false} />` },
          { title: "Rank", isNumber: true, cell: (each) => each.register.rank },
          { title: "Region", cell: (each) => each.register.region || "any" },
          { title: "Event", cell: (each) => html`<code>${each.register.event || ""}</code>` },
          { title: "In the row of", cell: (each) => each.place },
        ]} />
    </section>`)}
    ${groups.length > 100 ? html`<p class="note">There are ${groups.length} registers; 100 are shown. Name some above.</p>` : null}
  <//>`;
}

/** By register, those with several candidates first: there is something to explain. */
export function byRegister(candidates) {
  const found = new Map();
  for (const each of candidates) found.set(each.path, [...(found.get(each.path) ?? []), each]);
  for (const group of found.values()) group.sort((one, other) => Number(other.winner) - Number(one.winner));
  return [...found].sort(([one, ones], [other, others]) => Number(others.length > 1) - Number(ones.length > 1) || one.localeCompare(other));
}

/** By what the winner beats the next one. */
export function because(winner, candidates) {
  const others = candidates.filter((each) => !each.winner).map((each) => each.register);
  if (others.length === 0) return "the same fact, in the rows of several Regions";
  const { time, rank, region, rule } = winner.register;
  if (rule === "max" || rule === "min") return rule === "max" ? "the greatest counts" : "the least counts";
  if (rule === "union") return "all of them count";
  const latest = others.reduce((one, other) => (Date.parse(other.time) > Date.parse(one.time) ? other : one));
  if (Date.parse(time) > Date.parse(latest.time)) return `later than ${formatTime(latest.time)}`;
  const level = others.filter((each) => each.time === time);
  const highest = Math.max(...level.map((each) => each.rank));
  if (rank > highest) return `at the same time, rank ${rank} is above ${highest}`;
  if (level.some((each) => each.region !== region)) return "at the same time and rank, its Region's name is the greater";
  return "at the same time, rank and Region, its event's id is the greater";
}

function shown(value) {
  if (value === null || value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
