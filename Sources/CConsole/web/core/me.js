// Who looks, and at which process: GET /console/me, asked for once and again after log-in.
import { useState, useEffect } from "../vendor/preact-htm.js";
import { ask } from "./api.js";

let me = null;
const listeners = new Set();

/** Null until it is known. `login`: `none` (loopback: everybody may do everything), `token`, `session`; `scopes`, `subject`, `regions`, .. (docs/api.md). */
export function useMe() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return me;
}

/** Whether who looks may do what needs this scope; without a log-in everybody may. */
export const may = (scope) => me !== null && (me.login === "none" || (me.scopes ?? []).includes(scope));

/** Asks again; until it is known every minute, and where nobody answers every few seconds. */
export async function load() {
  let wait = 60_000;
  try {
    me = await ask("/console/me");
  } catch {
    wait = 3_000;
  }
  for (const listener of listeners) listener();
  setTimeout(load, wait);
}
