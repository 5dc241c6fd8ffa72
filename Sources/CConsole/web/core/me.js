// Who looks, and at which process: GET /console/me, asked for once and again after log-in.
import { useState, useEffect } from "../vendor/preact-htm.js";
import { ask } from "./api.js";
import { serverNow } from "./time.js";

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

const renewBeforeMs = 180_000;
const keptPlace = "converge.place";

/** Goes to log in, and comes back to this page: its address stays in this tab, and is told to nobody. */
export function logIn(event) {
  event?.preventDefault();
  try {
    sessionStorage.setItem(keptPlace, location.hash);
  } catch {
    // Then it comes back to the first page.
  }
  location.href = "login";
}

/** Ends the log-in here, and at the issuer where that has a place for it. */
export async function logOut() {
  // Not while another tab renews it: that answer would bring it back.
  const answer = await locked(() => ask("/console/logout", { method: "POST" }));
  location.href = answer.to ?? "./";
}

/** Once, when the page is loaded: where one was before logging in. */
export function comeBack() {
  try {
    const place = sessionStorage.getItem(keptPlace);
    sessionStorage.removeItem(keptPlace);
    if (place && !location.hash) location.replace(place);
  } catch {
    // See above.
  }
}

const locked = (run) => (navigator.locks ? navigator.locks.request("converge.renew", run) : run());
const endsSoon = () => me?.login === "session" && (me.expiresAt ? Date.parse(me.expiresAt) : 0) - serverNow() < renewBeforeMs;

/**
 * A log-in that ends soon, or has ended while this computer slept, is renewed without a window; where that cannot be, the page says so. One tab does it for all: an
 * issuer may take a refresh token once.
 */
async function renew() {
  await locked(async () => {
    me = await ask("/console/me");
    if (!endsSoon()) return;
    await ask("/console/refresh", { method: "POST", timeoutMs: 30_000 });
    me = await ask("/console/me");
  });
}

/** Asks again; until it is known every minute, and where nobody answers every few seconds. */
export async function load() {
  let wait = 60_000;
  try {
    me = await ask("/console/me");
  } catch {
    wait = 3_000;
  }
  // Where it does not work it is tried again in a minute.
  if (endsSoon()) await renew().catch(() => {});
  for (const listener of listeners) listener();
  setTimeout(load, wait);
}
