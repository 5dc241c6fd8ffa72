// What this browser remembers: times in UTC or local, light or dark. Nothing of the state is ever kept in a browser.
import { useState, useEffect } from "../vendor/preact-htm.js";

const listeners = new Set();

function read(name, values) {
  let value = null;
  try {
    value = localStorage.getItem(`converge.${name}`);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
  return values.includes(value) ? value : values[0];
}

export const zones = ["utc", "local"];
export const themes = ["auto", "light", "dark"];

const current = { zone: read("zone", zones), theme: read("theme", themes) };

function apply() {
  document.documentElement.dataset.theme = current.theme;
}

apply();

/** The settings as they are now: `zone`, `theme`. */
export function settings() {
  return current;
}

/** Sets one of them for the whole page at once. */
export function set(name, value) {
  current[name] = value;
  try {
    localStorage.setItem(`converge.${name}`, value);
  } catch {
    // See above.
  }
  apply();
  for (const listener of listeners) listener();
}

/** The settings, and a component that is drawn again when they change. */
export function useSettings() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return current;
}
