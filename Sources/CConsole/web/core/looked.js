// What is looked for, in this tab's memory alone: a phone number has no place in an address or a history.
import { useEffect, useState } from "../vendor/preact-htm.js";
import { go } from "./router.js";

let looked = "";
const listeners = new Set();

/** Looks for a text, on the page for it. */
export function lookFor(text) {
  looked = text;
  go(["search"]);
  for (const listener of listeners) listener();
}

export function useLooked() {
  const [text, setText] = useState(looked);
  useEffect(() => {
    const listener = () => setText(looked);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return text;
}
