/**
 * A thousand clients of one real endpoint: node crowd.mjs URL TOKEN. Says `connected` when all have their streams; after a line of input, at which somebody cuts them, waits until all
 * are back, and says as JSON how they came.
 */
import { createInterface } from "node:readline";
import { createSession } from "../../deploy/desktop/converge-session.js";

const [url, token] = process.argv.slice(2);
const CLIENTS = 1_000;
const sessions = Array.from({ length: CLIENTS }, (_, index) => createSession({
  id: `crowd/${index}`, endpoints: [{ region: "us-east-1", url }], getToken: async () => token, settings: { heartbeat: 15_000, timeout: 60_000 },
}));
const until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10)); };
const isConnected = (session) => session.status.connected;

await until(() => sessions.every(isConnected));
const backAt = new Map();
let begun;
sessions.forEach((session, index) => session.onStatus(({ connected }) => { if (connected && begun !== undefined) backAt.set(index, performance.now() - begun); }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
begun = performance.now();
console.log("connected");
await lines.next();
await until(() => backAt.size === CLIENTS);
const times = [...backAt.values()].sort((a, b) => a - b);
const seconds = times.reduce((counts, time) => (counts[Math.floor(time / 1_000)] = (counts[Math.floor(time / 1_000)] ?? 0) + 1, counts), []);
console.log(JSON.stringify({
  back: times.length, mostInASecond: Math.max(...seconds.filter(Boolean)), firstMs: Math.round(times[0]), halfMs: Math.round(times[CLIENTS / 2]), lastMs: Math.round(times.at(-1)),
}));
process.exit(0);
