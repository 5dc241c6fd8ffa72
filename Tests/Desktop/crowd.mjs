/**
 * Many clients of one real endpoint: node crowd.mjs URL TOKENS, a file with a list of tokens, one a client. Says `connected` when all have their streams; after a line of input, at which somebody cuts them, waits until all
 * are back, and says as JSON how they came.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createSession } from "../../deploy/desktop/converge-session.js";

const [url, file] = process.argv.slice(2);
const tokens = JSON.parse(readFileSync(file, "utf8"));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (holds) => { while (!holds()) await pause(10); };
const sessions = [];
// Pages are not opened all in one moment; that they come back so is what is looked at.
for (const [index, token] of tokens.entries()) {
  const getToken = async () => token;
  sessions.push(createSession({ id: `crowd/${index}`, endpoints: [{ region: "us-east-1", url }], getToken, settings: { heartbeat: 15_000, timeout: 60_000 } }));
  await pause(10);
}
const isConnected = (session) => session.status.connected;

await until(() => sessions.every(isConnected));
const backAt = new Map();
let begun;
sessions.forEach((session, index) => session.onStatus(({ connected }) => { if (connected && begun !== undefined) backAt.set(index, performance.now() - begun); }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
begun = performance.now();
console.log("connected");
await lines.next();
await until(() => backAt.size === sessions.length);
const times = [...backAt.values()].sort((a, b) => a - b);
const seconds = times.reduce((counts, time) => (counts[Math.floor(time / 1_000)] = (counts[Math.floor(time / 1_000)] ?? 0) + 1, counts), []);
console.log(JSON.stringify({
  back: times.length, mostInASecond: Math.max(...seconds.filter(Boolean)), firstMs: Math.round(times[0]), halfMs: Math.round(times[times.length >> 1]), lastMs: Math.round(times.at(-1)),
}));
process.exit(0);
