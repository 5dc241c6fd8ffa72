// What several pages say of a failover: shares of traffic, verdicts, and whether it is safe to move now.
import { html, Badge } from "../core/ui.js";
import { formatDuration, since } from "../core/time.js";

export const phases = ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT"];

/** Behind the last slash of an ARN. */
export const groupName = (arn) => arn.split("/").pop();

/** What a Region's own controllers say of it: `{ alive, state, text }`. Who says nothing is not well, and not ill: nobody knows. */
export function verdictsOf(status, region) {
  if (!status) return { alive: false, state: "unknown", text: "what its controller says is not known" };
  if (!status.control) return { alive: false, state: "unknown", text: "the control table could not be read" };
  const alive = status.controllersAlive?.[region] ?? 0;
  const own = status.control.verdicts.filter((verdict) => verdict.region === region);
  const other = status.thinking?.evaluation?.regions?.[region];
  if (!alive) {
    return {
      alive: false, state: "unknown",
      text: own.length
        ? `no controller of it is heard; seen from here it is ${other?.state ?? "unknown"}`
        : `no controller of it was ever heard; seen from here it is ${other?.state ?? "unknown"}`,
    };
  }
  const order = { unhealthy: 0, unknown: 1, healthy: 2 };
  const worst = [...own].sort((one, two) => order[one.state] - order[two.state])[0];
  return { alive: true, state: worst?.state ?? "unknown", text: worst?.evidence ?? "" };
}

/** A group's shares, wanted and real, as figures and as bars. */
export function Shares({ name, names, wanted, real }) {
  const differs = wanted && real && names.some((region) => wanted.telephony[region] !== real.telephony[region] || wanted.agents[region] !== real.agents[region]);
  return html`<div class="shares">
    <h3>${name} ${differs ? html`<${Badge} tone="warn">differs from what is wanted<//>` : null}
      ${real?.status && real.status !== "active" ? html`<${Badge} tone="warn">${real.status}<//>` : null}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label=${`Shares of ${name}, as a table`}><table>
      <caption class="hidden">Shares of ${name} in percent, wanted and real</caption>
      <thead><tr><th scope="col">Region</th><th scope="col" class="number">Calls wanted</th><th scope="col" class="number">Calls real</th>
        <th scope="col" class="number">Agents wanted</th><th scope="col" class="number">Agents real</th><th scope="col">Sign-in</th></tr></thead>
      <tbody>${names.map((region) => html`<tr key=${region}>
        <th scope="row">${region}</th>
        <td class="number">${percent(wanted?.telephony[region])}</td>
        <td class="number">${percent(real?.telephony[region])} ${real ? html`<meter min="0" max="100" value=${real.telephony[region] ?? 0} aria-label=${`${region} takes ${real.telephony[region] ?? 0} percent of the calls`}></meter>` : null}</td>
        <td class="number">${percent(wanted?.agents[region])}</td>
        <td class="number">${percent(real?.agents[region])}</td>
        <td>${real ? ((real.signIn ?? []).includes(region) ? "open" : real.signIn ? "closed" : "") : "unknown"}</td>
      </tr>`)}</tbody>
    </table></div>
  </div>`;
}

const percent = (value) => (value === undefined || value === null ? html`<span class="unknown">unknown</span>` : `${value} %`);

/**
 * Whether a move to this server's own Region is safe now: what the preflight found, what the controller sees, how old both are. `{ tone, word, text }`.
 * What is not known is not safe.
 */
export function safety(status, preflight) {
  if (!status) return { tone: "unknown", word: "unknown", text: "what is in force is not known" };
  const target = status.ownRegion;
  const own = status.thinking?.evaluation?.regions?.[target]?.state;
  const failed = preflight?.items.filter((item) => item.state === "failed") ?? [];
  const unknown = preflight?.items.filter((item) => item.state === "unknown") ?? [];
  if (!status.control || !status.groups) {
    return { tone: "bad", word: "no", text: `to ${target}: ${status.control ? "the groups" : "the control table"} cannot be read` };
  }
  if (own === "unhealthy") return { tone: "bad", word: "no", text: `${target} itself does not serve` };
  if (failed.some((item) => item.isBlocking)) return { tone: "bad", word: "no", text: `to ${target}: ${failed.find((item) => item.isBlocking).found}` };
  if (!preflight || preflight.at === null) return { tone: "unknown", word: "unknown", text: `to ${target}: no preflight has been run yet` };
  const age = since(preflight.at);
  if (own !== "healthy") return { tone: "warn", word: "not sure", text: `to ${target}: whether it serves is not known` };
  if (failed.length) return { tone: "warn", word: "with care", text: `to ${target}: ${failed[0].found}` };
  if (unknown.length) return { tone: "warn", word: "not sure", text: `to ${target}: not known: ${unknown.map((item) => item.what).join(", ")}` };
  return { tone: "ok", word: "yes", text: `to ${target}: the preflight of ${formatDuration(age)} ago found nothing missing` };
}
