// What the console's pages reckon with, without a browser: node --test core.test.mjs
import assert from "node:assert/strict";
import test from "node:test";

// What a browser has, as far as the modules touch it when they are loaded.
const page = new Map();
globalThis.localStorage = { getItem: (name) => page.get(name) ?? null, setItem: (name, value) => page.set(name, value) };
globalThis.document = { documentElement: { dataset: {} }, visibilityState: "visible", addEventListener() {} };
globalThis.location = { hash: "", href: "http://127.0.0.1:9464/console/" };
globalThis.addEventListener = () => {};

process.env.TZ = "Europe/Berlin";
const web = new URL("../../Sources/CConsole/web/", import.meta.url);
const load = (name) => import(new URL(name, web));
const { set } = await load("core/settings.js");
const time = await load("core/time.js");
const { trend, inWords } = await load("core/chart.js");
const { Events } = await load("core/live.js");
const router = await load("core/router.js");
const { because, byRegister } = await load("pages/explain.js");
const { byName } = await load("pages/home.js");
const { safety } = await load("pages/standing.js");
const { timeline } = await load("pages/contact.js");

test("durations are said as people say them, and what is not known is unknown", () => {
  const cases = [[0, "0 ms"], [999, "999 ms"], [1_000, "1.0 s"], [9_949, "9.9 s"], [14_000, "14 s"], [119_999, "119 s"], [120_000, "2 min"], [3_600_000, "1 h"], [7_500_000, "2 h 5 min"], [172_800_000, "2 d"], [null, "unknown"], [undefined, "unknown"], [NaN, "unknown"], [-5, "-5 ms"]];
  for (const [ms, text] of cases) assert.equal(time.formatDuration(ms), text);
});

test("a time is in the zone of the page, with its offset, on both sides of a change of the clocks", () => {
  set("zone", "utc");
  assert.equal(time.formatTime("2026-03-29T00:59:59Z"), "2026-03-29 00:59:59 UTC");
  assert.equal(time.formatTime(null), "unknown");
  assert.equal(time.formatTime("nonsense"), "unknown");
  set("zone", "local");
  assert.equal(time.formatTime("2026-03-29T00:59:59Z"), "2026-03-29 01:59:59 UTC+01:00");
  assert.equal(time.formatTime("2026-03-29T01:00:00Z"), "2026-03-29 03:00:00 UTC+02:00");
  assert.equal(time.formatTime("2026-10-25T00:30:00Z"), "2026-10-25 02:30:00 UTC+02:00");
  assert.equal(time.formatTime("2026-10-25T01:30:00Z"), "2026-10-25 02:30:00 UTC+01:00");
});

test("what is typed is read in the zone of the page, and comes back as it was typed", () => {
  for (const zone of ["utc", "local"]) {
    set("zone", zone);
    let seed = 7;
    for (let round = 0; round < 500; round += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const at = new Date(Date.UTC(2026, 0, 1) + (seed % (365 * 1_440)) * 60_000).toISOString();
      const typed = time.toInput(at);
      const read = time.parseInput(typed);
      assert.equal(time.toInput(read), typed);
      // An hour that there is twice is read as one of the two.
      assert.ok([0, 3_600_000].includes(Math.abs(Date.parse(read) - Date.parse(at))), `${zone} ${at} ${read}`);
    }
  }
  set("zone", "utc");
  assert.equal(time.parseInput("2026-03-05T14:00"), "2026-03-05T14:00:00.000Z");
  for (const text of ["", null, "2026-03-05", "14:00", "2026-3-5T14:00"]) assert.equal(time.parseInput(text), null);
});

test("a trend is of the last sixth against the one before; where either is unknown, so is it", () => {
  const flat = Array(60).fill(400);
  assert.equal(trend(flat), "steady");
  assert.equal(trend([...flat.slice(0, 50), ...Array(10).fill(4_000)]), "rising");
  assert.equal(trend([...Array(50).fill(4_000), ...Array(10).fill(400)]), "falling");
  assert.equal(trend([...flat.slice(0, 50), ...Array(10).fill(null)]), "trend unknown");
  assert.equal(trend([]), "trend unknown");
  assert.equal(inWords({ name: "a", values: [null, null] }), "a: unknown.");
  assert.match(inWords({ name: "a", values: [...flat, null] }), /^a: unknown now, steady, at most 400 ms\.$/);
});

test("server-sent events are taken apart wherever the bytes are cut", () => {
  const text = "retry: 2000\r\n\r\n: comment\n\nevent: change\nid: 7\ndata: {\"a\":\ndata: 1}\n\nid: 8\n\ndata: x\n\n";
  for (let cut = 0; cut <= text.length; cut += 1) {
    const found = [];
    const events = new Events((event, data, id) => found.push([event, data, id]));
    events.push(text.slice(0, cut));
    events.push(text.slice(cut));
    assert.deepEqual(found, [["change", '{"a":\n1}', "7"], ["message", "", "8"], ["message", "x", null]], `cut at ${cut}`);
  }
  assert.throws(() => new Events(() => {}).push("x".repeat(2_000_000)), /no end/);
});

test("an address leads back to what it was made of, whatever stands in an id", () => {
  for (const id of ["1/2/a0000001", "a b", "%2F", "+44 20?x#y", "ü", "a&b=c", ".."]) {
    location.hash = router.href(["agent", id], { region: "a b&c", empty: "" });
    assert.deepEqual(router.place(), { path: ["agent", id], query: { region: "a b&c" } });
  }
  location.hash = "#/agent/%zz";
  assert.deepEqual(router.place().path, ["agent", "%zz"]);
});

test("why a candidate wins is said by what tells it from the next", () => {
  const of = (winner, over) => ({ winner, place: "r", path: "p", register: { time: "2026-03-05T14:00:00.000Z", rank: 1, region: "b", event: "e", ...over } });
  assert.match(because(of(true, { time: "2026-03-05T14:00:01.000Z" }), [of(true, { time: "2026-03-05T14:00:01.000Z" }), of(false, {})]), /^later than/);
  assert.match(because(of(true, { rank: 3 }), [of(true, { rank: 3 }), of(false, {})]), /rank 3 is above 1/);
  assert.match(because(of(true, { region: "c" }), [of(true, { region: "c" }), of(false, {})]), /Region's name/);
  assert.match(because(of(true, { event: "f" }), [of(true, { event: "f" }), of(false, {})]), /event's id/);
  assert.match(because(of(true, {}), [of(true, {}), of(true, {})]), /rows of several Regions/);
  assert.match(because(of(true, { rule: "max" }), [of(true, { rule: "max" }), of(false, {})]), /greatest/);
  const groups = byRegister([{ ...of(true, {}), path: "z" }, of(false, {}), of(true, {})]);
  assert.deepEqual(groups.map(([name, each]) => [name, each.map((one) => one.winner)]), [["p", [true, false]], ["z", [true]]]);
});

test("queues of one name in both Regions are one row", () => {
  const rows = [...byName([{ name: "Orders", arn: "a", regions: { e: { QUEUED: 1 } } }, { name: "Orders", arn: "b", regions: { w: { QUEUED: 2 }, e: { QUEUED: 3 } } }, { name: null, arn: "c", regions: {} }])];
  assert.deepEqual(rows, [{ name: "Orders", regions: { e: { QUEUED: 4 }, w: { QUEUED: 2 } } }, { name: "c", regions: {} }]);
});

test("what is not known is not safe", () => {
  const status = { ownRegion: "w", control: {}, groups: [], thinking: { evaluation: { regions: { w: { state: "healthy" } } } } };
  const preflight = { at: new Date().toISOString(), items: [{ state: "ok" }] };
  const item = (state, isBlocking = false) => ({ ...preflight, items: [{ state, isBlocking, found: "f", what: "q" }] });
  assert.equal(safety(status, preflight).word, "yes");
  const cases = [
    [null, preflight, "unknown"], [{ ...status, control: null }, preflight, "no"], [{ ...status, groups: null }, preflight, "no"], [status, null, "unknown"], [status, { at: null, items: [] }, "unknown"],
    [{ ...status, thinking: { evaluation: { regions: { w: { state: "unhealthy" } } } } }, preflight, "no"], [{ ...status, thinking: { evaluation: null } }, preflight, "not sure"],
    [status, item("failed", true), "no"], [status, item("failed"), "with care"], [status, item("unknown"), "not sure"],
  ];
  for (const [one, other, word] of cases) assert.equal(safety(one, other).word, word);
});

test("a contact's timeline is in order, each thing once", () => {
  const found = timeline({ initiatedAt: "2026-03-05T14:00:00Z", connectedToAgentAt: "2026-03-05T14:00:09Z", enqueuedAt: "2026-03-05T14:00:03Z", milestones: { INITIATED: "2026-03-05T14:00:00Z", QUEUED: "2026-03-05T14:00:03Z" }, disconnectedAt: "2026-03-05T14:02:00Z", disconnectReason: "CUSTOMER_DISCONNECT" });
  assert.deepEqual(found.map(([, what]) => what), ["initiated", "queued", "connected to agent", "disconnected (CUSTOMER_DISCONNECT)"]);
});
