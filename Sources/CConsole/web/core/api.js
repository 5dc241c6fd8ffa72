// Requests to this server. The console has no way into the state but these.
import { heardServerTime } from "./time.js";

// `/console/` lies beside `/v1/`, whatever stands before both.
const root = new URL("../", new URL("./", location.href.split("#")[0]));

/** Why there is no answer. `kind`: `unreachable`, `login`, `forbidden`, `absent`, `busy`, `refused`, `failed`; `detail` is for people. */
export class Problem extends Error {
  constructor(kind, status, detail, retryAfterMs = null) {
    super(detail);
    Object.assign(this, { kind, status, detail, retryAfterMs });
  }
}

const kinds = { 401: "login", 403: "forbidden", 404: "absent", 429: "busy", 503: "busy", 504: "busy" };

export function address(path) {
  return new URL(path.replace(/^\//, ""), root);
}

/**
 * The answer's JSON, with `receivedAt` (of `performance.now()`). Throws a Problem.
 *
 * @param {string} path as `/v1/agents?limit=100`
 * @param {{ method?: string, body?: object, signal?: AbortSignal, fresh?: boolean, timeoutMs?: number }} [options]
 */
export async function ask(path, { method = "GET", body, signal, fresh = false, timeoutMs = 10_000 } = {}) {
  const stop = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  const headers = { Accept: "application/json", "X-Converge-Console": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (fresh) headers["Cache-Control"] = "no-cache";
  let response, text;
  try {
    response = await fetch(address(path), {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: stop, credentials: "same-origin",
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    const late = error?.name === "TimeoutError";
    throw new Problem("unreachable", 0, late ? `no answer for ${timeoutMs / 1000} s` : "this server does not answer");
  }
  heardServerTime(Number(response.headers.get("Converge-Time") ?? NaN));
  if (response.status === 204) return { receivedAt: performance.now() };
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // A proxy's page, or half an answer.
  }
  // A process that is not ready says why.
  if (!response.ok && !(path.startsWith("/health/") && json?.checks)) {
    const wait = Number(response.headers.get("Retry-After"));
    throw new Problem(
      kinds[response.status] ?? (response.status < 500 ? "refused" : "failed"), response.status,
      json?.detail ?? `the server answered ${response.status}`, wait > 0 ? wait * 1000 : null);
  }
  if (json === null || typeof json !== "object") throw new Problem("failed", response.status, "the answer cannot be read");
  return Object.assign(json, { receivedAt: performance.now() });
}
