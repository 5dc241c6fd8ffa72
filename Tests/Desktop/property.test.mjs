import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

const SEEDS = Number(process.env.CONVERGE_DESKTOP_SEEDS ?? 20);
const FIRST = Number(process.env.CONVERGE_DESKTOP_SEED ?? Math.floor(Math.random() * 1_000_000_000));
/** Seeds that found something once. */
const KEPT = [1, 5, 31, 52, 83];

test("no save is lost or put out of order in an hour of losses, repeats, delays, dying endpoints and tabs, reloads and expiring tokens", () => {
  let [checks, saves] = [0, 0];
  for (const seed of [...KEPT, ...Array.from({ length: SEEDS }, (_, index) => FIRST + index)]) {
    const world = new World(seed).run();
    checks += world.figures.checks;
    saves += world.saves;
  }
  assert.ok(saves > 100 * SEEDS && checks > 1_000 * SEEDS, `the world was idle: ${saves} saves, ${checks} checks`);
  console.log(`${SEEDS + KEPT.length} hours from seed ${FIRST}: ${saves} saves, ${checks} checks`);
});

test("a queue that is full refuses, says so, and loses nothing of what it has taken", () => {
  let refused = 0;
  for (let seed = 1; seed <= 5; seed++) refused += new World(seed, { settings: { bytesMax: 20_000, fieldsMax: 6, relaysMax: 3 } }).run().refused;
  assert.ok(refused > 0, "nothing was refused");
});
