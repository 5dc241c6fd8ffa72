// Times of day and ages. Every time on the page is written by `formatTime` and read by `parseTime`, so that one switch turns all of them.
import { useState, useEffect } from "../vendor/preact-htm.js";
import { settings } from "./settings.js";

const pad = (n, width = 2) => String(n).padStart(width, "0");

/** `2026-03-05 14:31:00 UTC`, or the same in the browser's own zone with its offset. `at`: RFC 3339, or milliseconds since 1970. "unknown" where there is none. */
export function formatTime(at, { seconds = true } = {}) {
  const date = toDate(at);
  if (!date) return "unknown";
  const parts = fieldsOf(date);
  const time = `${pad(parts.hour)}:${pad(parts.minute)}${seconds ? `:${pad(parts.second)}` : ""}`;
  return `${parts.year}-${pad(parts.month)}-${pad(parts.day)} ${time} ${zoneName(date)}`;
}

/** `14:31:00`: where the day is plain from what stands beside it. */
export function formatClock(at) {
  const date = toDate(at);
  if (!date) return "unknown";
  const parts = fieldsOf(date);
  return `${pad(parts.hour)}:${pad(parts.minute)}:${pad(parts.second)}`;
}

/** What `<input type="datetime-local">` takes, in the zone of the page. */
export function toInput(at) {
  const date = toDate(at);
  if (!date) return "";
  const parts = fieldsOf(date);
  return `${pad(parts.year, 4)}-${pad(parts.month)}-${pad(parts.day)}T${pad(parts.hour)}:${pad(parts.minute)}`;
}

/** What such a field says, as RFC 3339 in UTC; null where it says nothing. It is read in the zone of the page. */
export function parseInput(text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text ?? "");
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  const date =
    settings().zone === "utc"
      ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
      : new Date(year, month - 1, day, hour, minute, second);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Of now: `UTC`, or `UTC+01:00`. */
export function zoneName(date = new Date()) {
  if (settings().zone === "utc") return "UTC";
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  return `UTC${sign}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}

function fieldsOf(date) {
  const utc = settings().zone === "utc";
  const of = (name) => date[`get${utc ? "UTC" : ""}${name}`]();
  return {
    year: of("FullYear"), month: of("Month") + 1, day: of("Date"), hour: of("Hours"), minute: of("Minutes"), second: of("Seconds"),
  };
}

function toDate(at) {
  if (at === null || at === undefined || at === "") return null;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** `0.8 s`, `14 s`, `3 min`, `2 h 5 min`, `4 d`. "unknown" where it is null. */
export function formatDuration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "unknown";
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

// The server's clock: ages of facts are taken by it, so that a wrong clock of this machine makes nothing look new.
let offset = 0;

/** Called with each answer's `Converge-Time`. */
export function heardServerTime(milliseconds) {
  if (Number.isFinite(milliseconds)) offset = milliseconds - Date.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + offset;

/** Milliseconds since a fact, by the server's clock; null where it has no time. */
export function since(at) {
  const date = toDate(at);
  return date ? Math.max(0, serverNow() - date.getTime()) : null;
}

const ticking = new Set();
let timer = null;

/** Draws the component again once a second, while the page is seen. One timer for all of them. */
export function useTick() {
  const [, draw] = useState(0);
  useEffect(() => {
    const tick = () => draw((n) => n + 1);
    ticking.add(tick);
    timer ??= setInterval(() => {
      if (document.visibilityState === "visible") for (const each of ticking) each();
    }, 1000);
    return () => {
      ticking.delete(tick);
      if (ticking.size === 0) {
        clearInterval(timer);
        timer = null;
      }
    };
  }, []);
}
