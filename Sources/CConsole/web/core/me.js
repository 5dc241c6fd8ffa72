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
let renewing = null;

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
  const answer = await ask("/console/logout", { method: "POST" });
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

/** A log-in that ends soon is renewed without a window; where that cannot be, the page says when it ends. */
async function renew() {
  if (me?.login !== "session" || !me.expiresAt || Date.parse(me.expiresAt) - serverNow() > renewBeforeMs || renewing) return;
  renewing = ask("/console/refresh", { method: "POST" });
  try {
    await renewing;
    me = await ask("/console/me");
  } catch {
    // It is tried again in a minute.
  }
  renewing = null;
}

/** Asks again; until it is known every minute, and where nobody answers every few seconds. */
export async function load() {
  let wait = 60_000;
  try {
    me = await ask("/console/me");
    await renew();
  } catch {
    wait = 3_000;
  }
  for (const listener of listeners) listener();
  setTimeout(load, wait);
}
