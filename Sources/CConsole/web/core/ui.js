// What pages are made of. Every figure has an age; stale is grey and says so, unknown is "unknown" and no zero, colour is never the only sign.
import { html, useState, useEffect, useRef } from "../vendor/preact-htm.js";
import { formatDuration, formatTime, since, useTick } from "./time.js";
import { href } from "./router.js";
import { logIn } from "./me.js";
import { useSettings } from "./settings.js";

export { html };

/** Data older than this is stale, where its route says nothing else. */
export const staleMs = 15_000;

/** `3 s old`. `ms`: by now; a component that shows it is drawn once a second. */
export function Age({ ms, label = "old" }) {
  useTick();
  const isStale = ms === null || ms > staleMs;
  return html`<span class=${`age ${isStale ? "stale" : ""}`}>${ms === null ? "age unknown" : `${formatDuration(ms)} ${label}`}</span>`;
}

/** A time of day, with how long ago that is behind it. */
export function Time({ at, isAgo = true }) {
  useTick();
  useSettings();
  if (!at) return html`<span class="unknown">unknown</span>`;
  const iso = typeof at === "number" ? new Date(at).toISOString() : at;
  return html`<time datetime=${iso}>${formatTime(at)}${isAgo ? html` <span class="age">${formatDuration(since(at))} ago</span>` : null}</time>`;
}

/** A word with a colour and a sign: `ok`, `bad`, `warn`, `unknown`, `info`. */
export function Badge({ tone, children }) {
  const signs = { ok: "✓", bad: "✕", warn: "!", unknown: "?", info: "•" };
  return html`<span class=${`badge ${tone}`}><span aria-hidden="true">${signs[tone] ?? "•"}</span> ${children}</span>`;
}

/** `healthy`, `unhealthy`, `unknown`, in words and colour. Stale is unknown by now, and says what it was. */
export function Health({ state, isStale }) {
  if (isStale) return html`<${Badge} tone="unknown">unknown (was ${state})<//>`;
  return html`<${Badge} tone=${{ healthy: "ok", unhealthy: "bad" }[state] ?? "unknown"}>${state ?? "unknown"}<//>`;
}

/** With thousands separated. Browsers' own way to do so takes longer to begin than the whole page. */
export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** A number that may be unknown. */
export function Count({ value, unit = "" }) {
  if (value === null || value === undefined) return html`<span class="unknown">unknown</span>`;
  return html`<span class="count">${grouped(value)}</span>${unit ? ` ${unit}` : ""}`;
}

/** A large figure with its label and, beside it, its age where it has one of its own. */
export function Figure({ label, value, unit, isStale, children }) {
  return html`<div class=${`figure ${isStale ? "stale" : ""}`}>
    <dt>${label}</dt>
    <dd><${Count} value=${value} unit=${unit} />${children ? html` <span class="beside">${children}</span>` : null}</dd>
  </div>`;
}

/** Why there is nothing to see, in words: "gave up" is not "nothing there". */
export function Trouble({ problem, again, what = "this" }) {
  if (!problem) return null;
  const heads = {
    unreachable: "This server does not answer",
    login: "You are not logged in",
    forbidden: `You may not see ${what}`,
    absent: `Not available here`,
    busy: "The server is busy",
    refused: "Refused",
    failed: "This could not be read",
  };
  return html`<div class=${`trouble ${problem.kind}`} role=${problem.kind === "absent" ? "note" : "alert"}>
    <strong>${heads[problem.kind]}.</strong> ${problem.detail}
    ${problem.kind === "login" ? html` <a href="login" onClick=${logIn}>Log in</a>` : null}
    ${again ? html` <button type="button" class="plain" onClick=${again}>Try again</button>` : null}
  </div>`;
}

/**
 * A part of a page with its own question, age and failure. `query`: of `useQuery`. What was known stays, grey, where the question fails.
 *
 * `staleAfter`: milliseconds from which on it is stale.
 */
export function Panel({ title, query, children, staleAfter = staleMs, more, level = 2, isWide = false }) {
  useTick();
  const isStale = query && (query.answer ? query.ageMs > staleAfter || query.answer.stale === true : false);
  const id = `panel-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  return html`<section class=${`panel ${isWide ? "wide" : ""} ${isStale ? "stale" : ""}`} aria-labelledby=${id}>
    <header>
      ${level === 1 ? html`<h1 id=${id}>${title}</h1>` : html`<h2 id=${id}>${title}</h2>`}
      ${query?.answer ? html`<${Age} ms=${query.ageMs} />` : null}
      ${isStale ? html`<${Badge} tone="unknown">stale<//>` : null}
      ${more}
    </header>
    ${query ? html`<${Trouble} problem=${query.problem} again=${query.again} />` : null}
    ${query?.isLoading ? html`<p class="loading">Loading</p>` : children}
  </section>`;
}

/**
 * A table with a caption, which may be hidden from eyes. `columns`: `{ name, title, cell(row), isNumber }`; `rowKey(row)`: what a row is of, the same each time: `key` a component does not get to see. At most 1,000 rows are drawn: pages come
 * from the server.
 */
export function DataTable({ caption, columns, rows, rowKey, empty = "There are none.", isCaptionShown = false, rowClass }) {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${`${caption}, as a table`}>
    <table>
      <caption class=${isCaptionShown ? "" : "hidden"}>${caption}</caption>
      <thead><tr>${columns.map((each) => html`<th scope="col" class=${each.isNumber ? "number" : ""}>${each.title}</th>`)}</tr></thead>
      <tbody>
        ${rows.slice(0, 1000).map((row, index) => html`<tr key=${rowKey ? rowKey(row) : index} class=${rowClass?.(row) ?? ""}>
          ${columns.map((each, place) => place === 0
            ? html`<th scope="row" class=${each.isNumber ? "number" : ""}>${each.cell(row)}</th>`
            : html`<td class=${each.isNumber ? "number" : ""}>${each.cell(row)}</td>`)}
        </tr>`)}
      </tbody>
    </table>
  </div>`;
}

/** Names with values beside them. `items`: pairs; a value that is null is unknown. */
export function Facts({ items }) {
  return html`<dl class="facts">${items.filter(Boolean).map(([name, value]) => html`<div key=${name}>
    <dt>${name}</dt>
    <dd>${value === null || value === undefined || value === "" ? html`<span class="unknown">unknown</span>` : value}</dd>
  </div>`)}</dl>`;
}

/** A link to a page of the console. */
export function Go({ to, query, children, ...rest }) {
  return html`<a href=${href(to, query)} ...${rest}>${children}</a>`;
}

/** What is shown where a member was left out for want of a scope. */
export function Withheld({ answer }) {
  if (!answer?.withheld?.length) return null;
  return html`<p class="note">Left out, because it needs the scope <code>read:personal</code>: ${answer.withheld.join(", ")}.</p>`;
}

/** Pages of a list from the server. `cursors`: those of the pages before. */
export function Pager({ next, isFirst, onNext, onFirst, count, isPartial }) {
  return html`<nav class="pager" aria-label="Pages of this list">
    <button type="button" onClick=${onFirst} disabled=${isFirst}>First page</button>
    <button type="button" onClick=${onNext} disabled=${!next}>Next page</button>
    <span>${count} on this page${next ? ", there are more" : ""}${isPartial ? ". The search is not at its end: go on with the next page" : ""}</span>
  </nav>`;
}

/** A text that is told to screen readers when it changes, for what must not be missed. */
export function Alarm({ text }) {
  return html`<div role="alert" class=${text ? "alarm" : "hidden"}>${text}</div>`;
}

/** The value behind `value` once it has been still for `ms`: what is typed is asked for when the typing rests. */
export function useRest(value, ms = 250) {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

/** Puts the page's title in the window, and the focus on its heading when the page was reached by a link. */
export function useTitle(title) {
  useEffect(() => {
    document.title = title ? `${title} · Converge` : "Converge";
  }, [title]);
}
