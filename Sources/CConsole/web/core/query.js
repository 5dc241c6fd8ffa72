// What the page shows, kept up to date: an answer of a route, asked for again when it is due.
//
// An answer is asked for once for all that show it, at most once a second, one request at a time. It is due when its time is over, or when a change of what it
// shows was told (core/live.js). A failure keeps what was known, with its age going on: stale is shown as stale. A page in the background asks nothing.
import { useState, useLayoutEffect } from "../vendor/preact-htm.js";
import { ask, Problem } from "./api.js";

const paceMs = 1_000;
const backoffMaxMs = 30_000;
const kept = new Map();

class Query {
  constructor(path) {
    Object.assign(this, { path, answer: null, problem: null, failures: 0, isAsking: false, askedAt: -Infinity, isDue: true });
    this.users = new Map();
    this.timer = null;
    this.stop = null;
  }

  get everyMs() {
    return Math.min(...[...this.users.values()].map((options) => options.every ?? Infinity));
  }

  watches(kinds, ids) {
    for (const { kinds: own, id } of this.users.values()) {
      if (id ? ids.has(id) : own?.some((kind) => kinds.has(kind))) return true;
    }
    return false;
  }

  /** When to ask again, in milliseconds from now. */
  get wait() {
    const spent = performance.now() - this.askedAt;
    if (this.problem) {
      const backoff = Math.min(backoffMaxMs, paceMs * 2 ** Math.min(this.failures, 6));
      return Math.max(0, (this.problem.retryAfterMs ?? backoff) - spent);
    }
    return Math.max(0, (this.isDue ? paceMs : this.everyMs) - spent);
  }

  plan() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.users.size === 0 || this.isAsking || document.visibilityState !== "visible") return;
    const wait = this.wait;
    if (Number.isFinite(wait)) this.timer = setTimeout(() => this.run(), wait);
  }

  due() {
    this.isDue = true;
    this.plan();
  }

  async run(fresh = false) {
    if (this.isAsking) return;
    Object.assign(this, { isAsking: true, isDue: false, askedAt: performance.now() });
    this.stop = new AbortController();
    const { signal } = this.stop;
    try {
      this.answer = await ask(this.path, { signal, fresh });
      Object.assign(this, { problem: null, failures: 0 });
    } catch (error) {
      if (!signal.aborted) {
        this.problem = error instanceof Problem ? error : new Problem("failed", 0, String(error));
        this.failures += 1;
      }
    }
    this.isAsking = false;
    if (signal.aborted) return;
    for (const draw of this.users.keys()) draw();
    this.plan();
  }
}

/**
 * An answer of a route: `{ data, answer, problem, isLoading, ageMs, again }`. `ageMs` is what the server said and the time since.
 *
 * @param {string | null} path null: nothing is asked
 * @param {{ every?: number, kinds?: string[], id?: string }} [options] `every`: milliseconds until it is due by itself; `kinds`: it is due with each change of these
 *   kinds; `id`: as `agent/ID`, with changes of that entity alone
 */
export function useQuery(path, options = {}) {
  const [, setCount] = useState(0);
  const { every, id } = options;
  const kinds = options.kinds?.join(",");
  // Before the browser paints: the question is on its way while it does.
  useLayoutEffect(() => {
    if (path === null) return undefined;
    const query = kept.get(path) ?? new Query(path);
    kept.set(path, query);
    const draw = () => setCount((n) => n + 1);
    query.users.set(draw, { every, id, kinds: kinds?.split(",") });
    query.plan();
    return () => {
      query.users.delete(draw);
      if (query.users.size > 0) return;
      kept.delete(path);
      clearTimeout(query.timer);
      query.stop?.abort();
    };
  }, [path, every, id, kinds]);
  const query = path === null ? null : kept.get(path);
  const answer = query?.answer ?? null;
  return {
    answer,
    data: answer?.data ?? null,
    problem: query?.problem ?? null,
    isLoading: path !== null && !answer && !query?.problem,
    // By the moment it is looked at: who shows it is drawn once a second, also while nothing is heard.
    get ageMs() {
      return answer ? (answer.ageMs ?? 0) + performance.now() - answer.receivedAt : null;
    },
    again: () => query?.run(true),
  };
}

/** Called by core/live.js with what has changed: kinds, and ids as `agent/ID`. */
export function changed(kinds, ids) {
  for (const query of kept.values()) if (query.watches(kinds, ids)) query.due();
}

/** Everything is due: changes may have been missed. */
export function allDue() {
  for (const query of kept.values()) query.due();
}

document.addEventListener("visibilitychange", () => {
  for (const query of kept.values()) query.plan();
});
