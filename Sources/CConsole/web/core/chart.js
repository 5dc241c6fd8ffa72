// Lines over time, by uPlot, with the same in words and as a table for who does not see them.
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { formatClock, formatDuration, zoneName } from "./time.js";
import { useSettings } from "./settings.js";

const rowsMax = 12;

// The library is loaded with the first chart: it takes as long to begin as the whole first page. The one address that a script may come from here.
const library = new URL("../vendor/uplot.js", import.meta.url).href;
const policy = globalThis.trustedTypes?.createPolicy("chart", { createScriptURL: () => library });
let loading = null;

function loadLibrary() {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = policy ? policy.createScriptURL("") : library;
    script.onload = done;
    script.onerror = () => {
      loading = null;
      fail(new Error("the library for charts could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/**
 * @param {{ title: string, begin: number, stepMs: number, series: { name: string, values: (number | null)[] }[] }} props `begin`: milliseconds since 1970; values in
 *   milliseconds; null is a gap, and drawn as one
 */
export function LagChart({ title, begin, stepMs, series, height = 160 }) {
  const place = useRef(null);
  const { zone } = useSettings();
  const [isTable, setIsTable] = useState(false);
  const count = series[0]?.values.length ?? 0;
  const names = series.map((each) => each.name).join("\n");
  const drawn = useRef(null);
  const [isLoaded, setLoaded] = useState(Boolean(globalThis.uPlot));

  useEffect(() => {
    // Without it there are the figures in words, and the table.
    if (!isLoaded) loadLibrary().then(() => setLoaded(true), () => {});
  }, []);
  useEffect(() => {
    if (!isLoaded || !place.current || count === 0) return undefined;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--text-soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    const plot = new globalThis.uPlot({
      width: Math.max(200, place.current.clientWidth), height,
      legend: { show: false }, cursor: { show: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] } },
      axes: [{ ...axis, space: 90, values: (_, ticks) => ticks.map((tick) => formatClock(tick * 1000)) }, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => formatDuration(tick * 1000)) }],
      series: [{}, ...series.map((each, index) => ({
        label: each.name, stroke: colour(`--series-${index % 4}`), width: 2, dash: index % 2 ? [6, 4] : undefined, points: { show: false }, spanGaps: false,
      }))],
    }, dataOf(begin, stepMs, series), place.current);
    const sizes = new ResizeObserver(([entry]) => plot.setSize({ width: Math.max(200, Math.floor(entry.contentRect.width)), height }));
    sizes.observe(place.current);
    drawn.current = plot;
    return () => {
      drawn.current = null;
      sizes.disconnect();
      plot.destroy();
    };
  }, [isLoaded, names, count > 0, zone, height, document.documentElement.dataset.theme]);

  useEffect(() => drawn.current?.setData(dataOf(begin, stepMs, series)), [begin, stepMs, series]);

  if (count === 0) return html`<p class="empty">There is no history yet.</p>`;
  return html`<figure class="chart">
    <div ref=${place} class="plot" role="img" aria-label=${`${title}. ${series.map(inWords).join(" ")}`}></div>
    <figcaption>
      <ul class="legend">${series.map((each, index) => html`<li key=${each.name}><span class=${`swatch series-${index % 4}`} aria-hidden="true"></span>${inWords(each)}</li>`)}</ul>
      <button type="button" class="plain" aria-expanded=${isTable} onClick=${() => setIsTable(!isTable)}>${isTable ? "Hide" : "Show"} as a table</button>
    </figcaption>
    ${isTable ? html`<table><caption>${title}, the last ${Math.min(rowsMax, count)} of ${count} steps (${zoneName()})</caption>
      <thead><tr><th scope="col">Time</th>${series.map((each) => html`<th scope="col">${each.name}</th>`)}</tr></thead>
      <tbody>${Array.from({ length: Math.min(rowsMax, count) }, (_, back) => count - 1 - back).map((at) => html`<tr key=${begin + at * stepMs}>
        <th scope="row">${formatClock(begin + at * stepMs)}</th>${series.map((each) => html`<td class="number">${formatDuration(each.values[at])}</td>`)}</tr>`)}</tbody></table>` : null}
  </figure>`;
}

function dataOf(begin, stepMs, series) {
  const count = series[0]?.values.length ?? 0;
  return [
    Array.from({ length: count }, (_, at) => (begin + at * stepMs) / 1000),
    ...series.map((each) => each.values.map((value) => (value === null ? null : value / 1000))),
  ];
}

/** `us-east-1 to us-west-2: 0.8 s now, steady, at most 3.1 s.` */
export function inWords({ name, values }) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${name}: unknown.`;
  const last = values[values.length - 1];
  const most = known.reduce((one, other) => Math.max(one, other), 0);
  return `${name}: ${last === null ? "unknown now" : `${formatDuration(last)} now`}, ${trend(values)}, at most ${formatDuration(most)}.`;
}

/** `rising`, `falling`, `steady`: the last sixth against the one before; `too short` where either is unknown. */
export function trend(values) {
  const size = Math.max(3, Math.floor(values.length / 6));
  const mean = (part) => {
    const known = part.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((one, other) => one + other, 0) / known.length;
  };
  const now = mean(values.slice(-size));
  const before = mean(values.slice(-2 * size, -size));
  if (now === null || before === null) return "trend unknown";
  if (Math.abs(now - before) <= Math.max(250, before * 0.25)) return "steady";
  return now > before ? "rising" : "falling";
}
