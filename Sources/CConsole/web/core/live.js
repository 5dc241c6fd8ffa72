// The stream of changes, GET /v1/changes: it says what on the page is due, and nothing more. However many changes come, nothing here grows.
import { useState, useEffect } from "../vendor/preact-htm.js";
import { address } from "./api.js";
import { allDue, changed } from "./query.js";

const silenceMs = 40_000; // the server says something every 15 s
const loginMs = 5_000;
const baseMs = 1_000;
const capMs = 30_000;
const textMax = 1 << 20;

const state = { status: "connecting", since: performance.now(), changes: 0, failover: null, detail: null };
const listeners = new Set();

function say(change) {
  if (change.status && change.status !== state.status) state.since = performance.now();
  Object.assign(state, change);
  for (const listener of listeners) listener();
}

/** `status`: `connecting`, `live`, `lost`, `off` (this process has no changes) or `login`; `since`; `failover`: what was told of one last. */
export function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return state;
}

/** How many changes were told since the page was opened; for a rate, look twice. */
export const changesTold = () => state.changes;

/** Takes server-sent events apart. Bytes of a line that never ends are not kept. */
export class Events {
  constructor(take) {
    Object.assign(this, { take, rest: "", event: "", data: "", id: null });
  }

  push(text) {
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop();
    if (this.rest.length > textMax) throw new Error("a line of the stream has no end");
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") {
      if (this.data || this.event || this.id !== null) this.take(this.event || "message", this.data, this.id);
      Object.assign(this, { event: "", data: "", id: null });
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.data += (this.data ? "\n" : "") + value;
    else if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
  }
}

let position = null;
let tries = 0;

async function follow() {
  const stop = new AbortController();
  let quiet = setTimeout(() => stop.abort(), silenceMs);
  try {
    const headers = { Accept: "text/event-stream", "X-Converge-Console": "1" };
    if (position) headers["Last-Event-ID"] = position;
    const response = await fetch(address("/v1/changes"), { headers, signal: stop.signal, credentials: "same-origin" });
    if (response.status === 404) return say({ status: "off", detail: (await response.json()).detail });
    if (response.status === 401) {
      // Somebody may log in in another tab.
      setTimeout(follow, loginMs);
      return say({ status: "login" });
    }
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    tries = 0;
    say({ status: "live" });
    allDue();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let kinds = new Set();
    let ids = new Set();
    const events = new Events((event, data, id) => {
      if (id) position = id;
      if (event === "change") {
        const change = JSON.parse(data);
        kinds.add(change.kind);
        ids.add(`${change.kind}/${change.id}`);
        state.changes += 1;
      } else if (event === "reset") {
        allDue();
      } else if (event === "failover") {
        kinds.add("failover");
        say({ failover: { ...JSON.parse(data), receivedAt: performance.now() } });
      }
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(quiet);
      quiet = setTimeout(() => stop.abort(), silenceMs);
      events.push(decoder.decode(value, { stream: true }));
      if (kinds.size > 0) {
        changed(kinds, ids);
        kinds = new Set();
        ids = new Set();
      }
    }
  } catch {
    // Whatever it was: it is lost, and comes again.
  } finally {
    clearTimeout(quiet);
    stop.abort();
  }
  say({ status: "lost" });
  const most = Math.min(capMs, baseMs * 2 ** Math.min(tries++, 6));
  setTimeout(follow, baseMs / 2 + Math.random() * most);
  return undefined;
}

/** Begins, once. */
export function start() {
  follow();
}
