// Pages by what stands behind `#`: it is never sent to a server, so no id of a person gets into a log by way of an address.
import { useState, useEffect } from "../vendor/preact-htm.js";

/** The place of now: `path`, the parts of it, decoded, and `query`. `#/agents/ACCOUNT%2F7c1d/a1?region=us-east-1`. */
export function place() {
  const hash = location.hash.replace(/^#\/?/, "");
  const [path, query = ""] = hash.split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `href("agent", id)`, `href(["agents"], { region })`; members of the query that are empty are left out. */
export function href(path, query = {}) {
  const parts = (Array.isArray(path) ? path : [path]).map((part) => encodeURIComponent(part)).join("/");
  const wanted = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(wanted).toString();
  return `#/${parts}${text ? `?${text}` : ""}`;
}

/** Goes there. `replace`: without a step in the browser's history, as for filters that change with each key. */
export function go(path, query, { replace = false } = {}) {
  const to = href(path, query);
  if (replace) {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = to;
  }
}

/** The place, and a component that is drawn again when it changes. */
export function usePlace() {
  const [here, setHere] = useState(place);
  useEffect(() => {
    const moved = () => setHere(place());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return here;
}
