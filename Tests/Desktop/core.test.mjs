import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser, SessionCore, defaults, scrub, texts } from "../../deploy/desktop/converge-session.js";

const REGIONS = ["us-east-1", "us-west-2"];
const TIME = 1_767_225_600_000;

/** A core that owns its session, and what it did. */
class Desk {
  constructor({ settings = {}, random = () => 0.5, agent = { username: "ann", id: "a/i/1" }, queue = null } = {}) {
    this.now = 0;
    this.ids = 0;
    this.done = [];
    this.core = new SessionCore({
      id: "s 1", endpoints: REGIONS.map((region) => ({ region, url: region })), agent, tab: "tab", random, newId: () => `id${++this.ids}`, settings,
    });
    this.give({ type: "start" });
    this.give({ type: "owner", queue });
  }

  give(event) {
    const effects = this.core.handle(event, this.now);
    this.done.push(...effects);
    return effects;
  }

  /** Goes on to `time`, waking when the core wants it. */
  until(time) {
    while (this.core.wake <= time) {
      this.now = Math.max(this.now, this.core.wake);
      this.give({ type: "tick" });
    }
    this.now = time;
    this.give({ type: "tick" });
  }

  take(what, end) {
    const index = this.done.findIndex((effect) => effect.do === what && (end === undefined || effect.end === end));
    return index < 0 ? undefined : this.done.splice(index, 1)[0];
  }

  fetched(method) {
    const index = this.done.findIndex((effect) => effect.do === "fetch" && effect.method === method);
    return index < 0 ? undefined : this.done.splice(index, 1)[0];
  }

  told(what) { return this.done.filter((effect) => effect.do === "tell" && effect.what === what).map((effect) => effect.value); }

  notices() { return this.told("notice").map(({ code }) => code); }

  answer(effect, status, body, more = {}) { return this.give({ type: "answer", key: effect.key, status, body, time: TIME + this.now, ...more }); }

  /** Both streams are open, and what is read at first is answered. */
  open() {
    for (const end of [0, 1]) this.give({ type: "opened", key: this.take("open", end).key, status: 200, time: TIME + this.now });
    this.read({});
    return this;
  }

  read(fields) {
    this.until(this.now + 2_000);
    for (let get; (get = this.fetched("GET"));) this.answer(get, 200, { data: { fields }, asOf: TIME, ageMs: 0, regions: REGIONS });
  }

  /** The first save, of the tab's own name, is accepted. */
  ready() {
    this.open();
    this.until(this.now + 1_000);
    this.accept();
    return this;
  }

  accept(time = TIME + this.now) {
    const save = this.fetched("PATCH");
    this.answer(save, 201, { id: save.headers["Idempotency-Key"], time: new Date(time).toISOString(), region: REGIONS[save.end], data: JSON.parse(save.body) });
    return save;
  }

  save(patch) {
    this.order = (this.order ?? 0) + 1;
    return this.give({ type: "save", patch, order: this.order }).find((effect) => effect.do === "took").ok;
  }
}

test("a stream is parsed whatever pieces it comes in", () => {
  const text = ": hello\nretry: 1500\r\nevent: change\rdata: {\"a\":\ndata: 1}\nid: 7\n\ndata:x\n\nid: 8\n\nid: a\0b\nretry: soon\nunknown\n\n";
  const wanted = [{ event: "change", data: "{\"a\":\n1}", id: "7" }, { event: "message", data: "x", id: "7" }, { event: "", data: "", id: "8" }, { event: "", data: "", id: "8" }];
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventParser();
    const messages = [];
    let retry;
    for (let index = 0; index < text.length; index += size) {
      const found = parser.push(text.slice(index, index + size));
      messages.push(...found.messages);
      retry = found.retry ?? retry;
    }
    assert.deepEqual(messages, wanted, `in pieces of ${size}`);
    assert.equal(retry, 1_500);
  }
  assert.throws(() => new EventParser().push("x".repeat(1_000_001)), RangeError);
});

test("two endpoints are alive at once, and a read takes the first good answer", () => {
  const desk = new Desk();
  assert.deepEqual([desk.take("open", 0).path, desk.take("open", 1).end], ["/v1/changes?ids=session%2Fs%201,agent%2Fa%2Fi%2F1", 1]);
  const [first, second] = [desk.fetched("GET"), desk.fetched("GET")];
  assert.deepEqual([first.path, first.end, second.end], ["/v1/sessions/s%201", 0, 1]);
  desk.answer(first, 500);
  const effects = desk.answer(second, 200, { data: { fields: { a: 1 } }, asOf: TIME, ageMs: 40, regions: ["us-west-2"] });
  assert.deepEqual(effects.find((effect) => effect.do === "resumed").value, { fields: { a: 1, desktop: { instance: "tab", username: "ann", id: "a/i/1" } }, asOf: TIME, ageMs: 40, regions: ["us-west-2"] });
  desk.now += 500;
  assert.equal(desk.core.status(desk.now).ageMs, 540);
});

test("the other read is stopped when one is answered, and a session that nobody has is empty", () => {
  const desk = new Desk();
  const [first, second] = [desk.fetched("GET"), desk.fetched("GET")];
  assert.ok(desk.answer(first, 200, { data: { fields: {} } }).some((effect) => effect.do === "abort" && effect.key === second.key));
  const empty = new Desk({ agent: {} });
  for (const get of [empty.fetched("GET"), empty.fetched("GET")]) empty.answer(get, 404, { title: "none" });
  assert.ok(empty.take("resumed"));
  assert.ok(empty.core.status(0).endpoints.every((end) => end.state === "connecting"));
});

test("a write goes to one endpoint, and the event that it accepted to the other", () => {
  const desk = new Desk().ready();
  desk.answer(desk.fetched("POST"), 202);
  desk.save({ a: 1 });
  desk.save({ a: 2, b: null });
  assert.equal(desk.core.status(desk.now).unsaved, 2);
  desk.until(desk.now + defaults.coalesce);
  const save = desk.accept();
  assert.deepEqual([save.end, save.path, JSON.parse(save.body), save.headers.Prefer], [0, "/v1/sessions/s%201", { a: 2, b: null }, "wait=2"]);
  assert.equal(save.headers["Content-Type"], "application/merge-patch+json");
  const relay = desk.fetched("POST");
  assert.equal(desk.core.status(desk.now).unsaved, 0);
  assert.deepEqual([relay.end, relay.path, relay.headers["Content-Type"]], [1, "/v1/events", "application/cloudevents+json"]);
  assert.equal(JSON.parse(relay.body).id, save.headers["Idempotency-Key"]);
  desk.answer(relay, 202);
  assert.equal(desk.core.status(desk.now).relays, 0);
  assert.deepEqual(desk.core.state, { a: 2, desktop: { instance: "tab", username: "ann", id: "a/i/1" } });
});

test("an accepted event that the other endpoint did not get is sent to it again", () => {
  const desk = new Desk().ready();
  const first = desk.fetched("POST");
  desk.give({ type: "failed", key: first.key });
  assert.equal(desk.core.status(desk.now).relays, 1);
  desk.until(desk.now + 9_000);
  assert.equal(desk.fetched("POST").body, first.body);
});

test("own writes are seen though what is read does not have them yet, and a newer foreign one after a while", () => {
  const desk = new Desk().ready();
  desk.save({ a: 1 });
  desk.until(desk.now + 1_000);
  desk.accept();
  const { stream } = desk.core.ends[0];
  desk.give({ type: "heard", key: stream, messages: [{ event: "reset", data: "{}" }] });
  desk.read({ a: 0 });
  desk.until(desk.now + 3_000);
  desk.read({ a: 0 });
  assert.equal(desk.core.state.a, 1);
  desk.until(desk.now + defaults.settle);
  assert.equal(desk.core.state.a, 0);
});

test("after a reset the session is read again, and until then what is shown is old", () => {
  const desk = new Desk().ready();
  const { stream } = desk.core.ends[0];
  desk.until(desk.now + 10_000);
  desk.done = [];
  desk.give({ type: "heard", key: stream, messages: [{ event: "reset", id: "900", data: "{}" }] });
  desk.until(desk.now + 3_900);
  assert.ok(desk.core.status(desk.now).ageMs >= 3_900);
  desk.until(desk.now + 200);
  desk.read({ b: 1 });
  assert.deepEqual([desk.core.state.b, desk.core.status(desk.now).ageMs < 2_100], [1, true]);
});

test("retries are full jitter: anything from at once to the doubled wait, to a cap", () => {
  const waits = (value) => {
    const desk = new Desk({ random: () => value }).ready();
    desk.core.ends[1].state = "stopped";
    desk.save({ a: 1 });
    const found = [];
    for (let count = 0; count < 8; count++) {
      let save;
      const begun = desk.now;
      while (!(save = desk.fetched("PATCH"))) {
        desk.until(Math.max(desk.now + 1, Math.min(desk.core.wake, desk.now + 500)));
        desk.give({ type: "heard", key: desk.core.ends[0].stream });
      }
      found.push(Math.round((desk.now - begun) / 1_000));
      desk.give({ type: "failed", key: save.key });
    }
    return found.slice(1);
  };
  assert.deepEqual(waits(1), [1, 2, 4, 8, 16, 32, 60]);
  assert.ok(waits(0).every((wait) => wait === 0));
});

test("what is not answered is sent again with its id, and what follows is stamped after it", () => {
  const desk = new Desk().ready();
  desk.save({ a: 1 });
  desk.until(desk.now + 1_000);
  const first = desk.fetched("PATCH");
  assert.equal(Number(first.headers["Converge-Before"]) > TIME + desk.now, true);
  desk.save({ a: 2 });
  desk.until(desk.now + 9_500);
  assert.equal(desk.fetched("PATCH"), undefined, "one is under way");
  desk.until(desk.now + 3_000);
  const again = desk.fetched("PATCH");
  assert.deepEqual([again.headers["Idempotency-Key"], JSON.parse(again.body)], [first.headers["Idempotency-Key"], { a: 1 }]);
  assert.ok(Number(again.headers["Converge-After"]) >= Number(first.headers["Converge-Before"]));
  desk.done.push(again);
  desk.accept(TIME + 60_000);
  const next = desk.fetched("PATCH");
  assert.deepEqual([JSON.parse(next.body), Number(next.headers["Converge-After"])], [{ a: 2 }, TIME + 60_000]);
});

test("a write goes to the other endpoint after two failures, and at once after a failover", () => {
  const desk = new Desk().ready();
  desk.save({ a: 1 });
  const ends = [];
  for (let count = 0; count < 4; count++) {
    desk.until(desk.now + 20_000);
    const save = desk.fetched("PATCH");
    ends.push(save.end);
    for (const key of desk.core.ends.map((end) => end.stream)) desk.give({ type: "heard", key });
    desk.give({ type: "failed", key: save.key });
  }
  assert.deepEqual(ends.slice(0, 3), [0, 0, 1]);
  const other = new Desk().ready();
  other.give({ type: "heard", key: other.core.ends[0].stream, messages: [{ event: "failover", data: JSON.stringify({ term: 3, state: "moving", agents: { "us-east-1": 0, "us-west-2": 100 } }) }] });
  other.save({ a: 1 });
  other.until(other.now + 1_000);
  assert.equal(other.fetched("PATCH").end, 1);
});

const REFUSALS = [
  [400, "refused"], [409, "refused"], [413, "refused"], [422, "refused"], [403, "stopped"], [404, "stopped"], [410, "stopped"], [429, undefined], [500, undefined], [503, undefined], [412, undefined],
];
for (const [status, notice] of REFUSALS) {
  test(`a save that is answered ${status} is ${notice ?? "tried again"}`, () => {
    const desk = new Desk().ready();
    desk.save({ a: 1 });
    desk.until(desk.now + 1_000);
    desk.answer(desk.fetched("PATCH"), status, { title: "no" });
    assert.deepEqual(desk.notices().filter((code) => code !== "connectionBack"), notice ? [notice] : []);
    const { unsaved, refused, endpoints } = desk.core.status(desk.now);
    assert.deepEqual([unsaved, refused], notice === "refused" ? [0, 1] : [1, 0]);
    assert.equal(endpoints[0].state, notice === "stopped" ? "stopped" : "connected");
    if (notice === "refused") return;
    desk.until(desk.now + 9_000);
    assert.equal(desk.fetched("PATCH").end, notice === "stopped" ? 1 : 0);
  });
}

test("a token is renewed once at 401; a second 401 is told, and waits", () => {
  const desk = new Desk().ready();
  desk.save({ a: 1 });
  desk.until(desk.now + 1_000);
  desk.answer(desk.fetched("PATCH"), 401);
  assert.equal(desk.take("renew").end, 0);
  assert.equal(desk.fetched("PATCH")?.end, 1, "the other endpoint has a token of its own");
});

test("after a renewal the same save goes out at once; without one the sign-in is asked for", () => {
  for (const ok of [true, false]) {
    const desk = new Desk().ready();
    desk.core.ends[1].state = "stopped";
    desk.save({ a: 1 });
    desk.until(desk.now + 1_000);
    const first = desk.fetched("PATCH");
    desk.answer(first, 401);
    desk.give({ type: "renewed", end: desk.take("renew").end, ok });
    const again = desk.fetched("PATCH");
    assert.equal(again?.headers["Idempotency-Key"], ok ? first.headers["Idempotency-Key"] : undefined);
    if (!ok) {
      assert.deepEqual(desk.notices(), ["signIn"]);
      continue;
    }
    desk.answer(again, 401);
    assert.equal(desk.take("renew"), undefined, "once");
    assert.deepEqual(desk.notices(), ["signIn"]);
    // The next attempt, which waits, asks for a token again.
    let later;
    while (!(later = desk.fetched("PATCH"))) {
      desk.until(desk.now + 1_000);
      desk.give({ type: "heard", key: desk.core.ends[0].stream });
    }
    desk.answer(later, 401);
    assert.equal(desk.take("renew")?.end, 0);
    assert.deepEqual(desk.notices(), ["signIn"], "it is told once");
  }
});

test("Retry-After is waited for, and not by all to the same moment", () => {
  const waits = [0, 0.5, 1].map((value) => {
    const desk = new Desk({ random: () => value });
    const { key } = desk.take("open", 0);
    desk.give({ type: "opened", key, status: 503, retryAfter: 20_000 });
    desk.done = [];
    while (!desk.done.some((effect) => effect.do === "open" && effect.end === 0)) desk.now = Math.max(desk.now + 1, Math.min(desk.core.wake, desk.now + 100)), desk.give({ type: "tick" });
    return desk.now;
  });
  assert.ok(waits[0] >= 20_000 && waits[0] < 20_200 && waits[2] >= 28_000 && waits[2] <= 29_000 && waits[1] > waits[0] && waits[1] < waits[2], `${waits}`);
});

test("a stream is lost after two heartbeats without a byte, whether or not a timer has run", () => {
  const desk = new Desk().ready();
  const heard = desk.now;
  for (const end of desk.core.ends) desk.give({ type: "heard", key: end.stream });
  assert.equal(desk.core.status(heard + 29_999).connected, true);
  assert.equal(desk.core.status(heard + 30_000).connected, false);
  assert.deepEqual(desk.core.status(heard + 31_000).endpoints.map(({ state, forMs }) => [state, forMs]), [["lost", 1_000], ["lost", 1_000]]);
  desk.until(heard + 60_000);
  assert.deepEqual(desk.notices(), ["connectionLost"], "told once, however many retries fail");
});

test("a stream that ends is opened again within the window, with its position, not before what the server told", () => {
  for (const [value, least, most] of [[0, 5_000, 5_100], [1, 13_000, 13_100]]) {
    const desk = new Desk({ random: () => value }).ready();
    const { stream } = desk.core.ends[0];
    desk.until(desk.now + 14_000);
    desk.give({ type: "heard", key: stream, messages: [{ event: "change", data: "{}", id: "41" }], retry: 5_000 });
    desk.until(desk.now + 3_000);
    desk.done = [];
    const at = desk.now;
    desk.give({ type: "ended", key: stream });
    desk.until(at + least - 1);
    assert.equal(desk.take("open", 0), undefined);
    desk.until(at + most);
    assert.equal(desk.take("open", 0).lastId, "41");
  }
});

test("nothing is retried while the page is hidden, and half a second after it is shown again", () => {
  const desk = new Desk().ready();
  desk.give({ type: "hidden", hidden: true });
  for (const end of desk.core.ends) desk.give({ type: "ended", key: end.stream });
  desk.done = [];
  desk.until(desk.now + 600_000);
  assert.equal(desk.take("open"), undefined);
  assert.equal(desk.core.status(desk.now).connected, false);
  desk.give({ type: "hidden", hidden: false });
  desk.until(desk.now + 499);
  assert.equal(desk.take("open"), undefined);
  desk.until(desk.now + 600);
  assert.ok(desk.take("open", 0) && desk.take("open", 1));
});

test("nothing is tried while the browser is offline; what is saved meanwhile waits and is stored", () => {
  const desk = new Desk().ready();
  desk.give({ type: "online", online: false });
  for (const end of desk.core.ends) desk.give({ type: "ended", key: end.stream });
  desk.done = [];
  assert.equal(desk.save({ a: 1 }), true);
  assert.deepEqual(desk.take("store").value.pending, { a: 1 });
  desk.until(desk.now + 600_000);
  assert.deepEqual([desk.take("open"), desk.fetched("PATCH")], [undefined, undefined]);
  desk.give({ type: "online", online: true });
  desk.until(desk.now + 8_000);
  assert.ok(desk.take("open", 0) && desk.fetched("PATCH"));
});

test("a reload goes on with what was stored: the same id, what waited behind it, what the other endpoint lacks", () => {
  const desk = new Desk().ready();
  desk.save({ a: 1 });
  desk.until(desk.now + 1_000);
  const { headers } = desk.fetched("PATCH");
  desk.save({ b: 2 });
  const queue = JSON.parse(JSON.stringify(desk.done.filter((effect) => effect.do === "store" && effect.key === "queue").at(-1).value));
  const reloaded = new Desk({ queue });
  assert.deepEqual([reloaded.core.state.a, reloaded.core.state.b, reloaded.core.status(0).relays], [1, 2, 1]);
  reloaded.open();
  reloaded.until(reloaded.now + 1_000);
  const again = reloaded.accept();
  assert.equal(again.headers["Idempotency-Key"], headers["Idempotency-Key"]);
  assert.ok(Number(again.headers["Converge-After"]) >= Number(headers["Converge-Before"]));
  assert.deepEqual(JSON.parse(reloaded.accept().body).b, 2);
});

test("a full queue refuses another field, takes newer values of those it has, and says so", () => {
  const desk = new Desk({ settings: { fieldsMax: 3 } });
  assert.deepEqual([{ a: 1 }, { b: 1 }, { c: 1 }, { a: 2 }].map((patch) => desk.save(patch)), [true, true, false, true]);
  assert.deepEqual(desk.notices(), ["full"]);
  assert.deepEqual([desk.core.state.a, desk.core.state.c], [2, undefined]);
});

test("batches stay under the size of a patch", () => {
  const desk = new Desk().ready();
  for (const name of "abcdef") desk.save({ [name]: "x".repeat(7_000) });
  const sizes = [];
  for (let count = 0; count < 3; count++) {
    desk.until(desk.now + 1_000);
    sizes.push(desk.accept().body.length);
  }
  assert.ok(sizes.every((size) => size > 14_000 && size < 16_000), `${sizes}`);
  assert.equal(desk.core.status(desk.now).unsaved, 0);
});

test("events that newer ones cover do not wait for the other endpoint, and others not without bound", () => {
  const desk = new Desk({ settings: { relaysMax: 4 } }).ready();
  desk.core.ends[1].until = Infinity;
  for (let count = 0; count < 12; count++) {
    desk.save({ [`f${count % 2}`]: count });
    desk.until(desk.now + 1_000);
    for (const end of desk.core.ends) desk.give({ type: "heard", key: end.stream });
    desk.accept();
  }
  assert.deepEqual([desk.core.status(desk.now).relays, desk.core.status(desk.now).relaysDropped], [3, 0]);
  for (let count = 0; count < 12; count++) {
    desk.save({ [`g${count}`]: count });
    desk.until(desk.now + 1_000);
    for (const end of desk.core.ends) desk.give({ type: "heard", key: end.stream });
    desk.accept();
  }
  assert.deepEqual([desk.core.status(desk.now).relays, desk.core.status(desk.now).relaysDropped], [4, 11]);
});

const failover = (term, state, east, more = {}) => ({ event: "failover", data: JSON.stringify({ term, state, telephony: {}, agents: { "us-east-1": east, "us-west-2": 100 - east }, signIn: [], ...more }) });

test("a failover is told once, forward only, from whichever endpoint it comes", () => {
  const desk = new Desk().ready();
  const [east, west] = desk.core.ends.map((end) => end.stream);
  for (const [key, message] of [
    [west, failover(7, "moving", 0)], [east, failover(7, "moving", 0)], [east, failover(6, "moved", 100)], [west, failover(7, "moved", 0)], [east, failover(7, "moving", 0)],
    [west, failover(8, "returning", 100)],
  ]) desk.give({ type: "heard", key, messages: [message] });
  assert.deepEqual(desk.told("failover").map(({ term, state, region }) => [term, state, region]), [[7, "moving", "us-west-2"], [7, "moved", "us-west-2"], [8, "returning", "us-east-1"]]);
  assert.deepEqual(desk.notices(), ["moving", "moved", "returning"]);
});

test("of a return in steps people are told when most agents are to be elsewhere, and when it is done", () => {
  const desk = new Desk().ready();
  const [east, west] = desk.core.ends.map((end) => end.stream);
  const give = (...message) => { for (const key of [west, east]) desk.give({ type: "heard", key, messages: [failover(...message)] }); };
  give(7, "moved", 0);
  for (const [term, share] of [[8, 10], [9, 40]]) {
    give(term, "returning", share);
    assert.deepEqual([desk.notices(), desk.core.preferred], [["moved"], 1]);
  }
  for (const [term, share] of [[10, 60], [11, 100]]) {
    give(term, "returning", share);
    assert.deepEqual([desk.notices(), desk.core.preferred], [["moved", "returning"], 0]);
  }
  give(11, "none", 100);
  assert.deepEqual(desk.told("notice").map(({ code, values }) => [code, values.region]), [["moved", "us-west-2"], ["returning", "us-east-1"], ["moved", "us-east-1"]]);
  assert.equal(desk.core.status(desk.now).failover.state, "none");
});

test("a failover brings the context of agent, contacts and customers, offers what was open, and says that the call is not saved", () => {
  const desk = new Desk().ready();
  desk.save({ "contact.c1": { channel: "voice", customerId: "maya", region: "us-east-1" }, "contact.c2": { channel: "chat", region: "us-east-1" } });
  desk.done = [];
  desk.give({ type: "heard", key: desk.core.ends[1].stream, messages: [failover(2, "moving", 0)] });
  assert.deepEqual(desk.told("notice"), [{ code: "moving", values: { region: "us-west-2" } }, { code: "callLost", values: { region: "us-west-2", contacts: ["c1"] } }]);
  const asked = new Set();
  for (let step = 0; step < 40; step++) {
    desk.until(desk.now + 500);
    for (let get; (get = desk.fetched("GET"));) {
      asked.add(get.path);
      if (get.path.startsWith("/v1/contacts/c2")) desk.answer(get, 404, {});
      else desk.answer(get, 200, { data: { of: get.path } });
    }
  }
  assert.deepEqual([...asked].sort(), ["/v1/contacts/c1", "/v1/contacts/c2", "/v1/customers/maya/context", "/v1/sessions/s%201", "/v1/usernames/ann"]);
  const [context] = desk.told("context");
  assert.deepEqual(context.offers.map(({ contactId, offer }) => [contactId, offer]), [["c1", "callBack"], ["c2", "resume"]]);
  assert.deepEqual([context.region, context.username.data.of, Object.keys(context.contacts), Object.keys(context.customers), context.missing], ["us-west-2", "/v1/usernames/ann", ["c1"], ["maya"], ["contact c2"]]);
});

test("what the token may not read of a context is missing, and stops no endpoint", () => {
  const desk = new Desk().ready();
  desk.give({ type: "heard", key: desk.core.ends[1].stream, messages: [failover(2, "moving", 0)] });
  for (let step = 0; step < 20; step++) {
    desk.until(desk.now + 500);
    for (let get; (get = desk.fetched("GET"));) desk.answer(get, get.path.startsWith("/v1/usernames/") ? 403 : 200, { data: { fields: {} } });
  }
  assert.deepEqual(desk.told("context")[0].missing, ["username"]);
  assert.ok(desk.core.status(desk.now).endpoints.every(({ state }) => state === "connected"));
});

test("CCP's own word on a failover moves too, and is not told twice", () => {
  const desk = new Desk().ready();
  desk.give({ type: "heard", key: desk.core.ends[1].stream, messages: [failover(2, "moving", 0)] });
  desk.give({ type: "ccp", state: "moving", region: "us-west-2" });
  desk.give({ type: "ccp", state: "moving", region: "eu-west-1" });
  assert.deepEqual(desk.notices(), ["moving"]);
});

test("a session that another browser has taken over is told", () => {
  const desk = new Desk().ready();
  desk.give({ type: "heard", key: desk.core.ends[0].stream, messages: [{ event: "change", data: JSON.stringify({ kind: "session", id: "s 1", stamp: { event: "other" } }) }] });
  desk.until(desk.now + 11_000);
  for (let get; (get = desk.fetched("GET"));) desk.answer(get, 200, { data: { fields: { desktop: { instance: "elsewhere" } } } });
  assert.deepEqual([desk.told("takenOver"), desk.notices()], [[{ by: "browser", here: false }], ["takenOver"]]);
});

test("a tab that only listens shows what the owner tells, keeps its saves until they are taken, and calls a silent owner lost", () => {
  const owner = new Desk().ready();
  const tab = new SessionCore({ id: "s 1", endpoints: REGIONS.map((region) => ({ region, url: region })), tab: "two", random: () => 0.5, newId: () => "x" });
  const posts = (effects) => effects.filter((effect) => effect.do === "post").map((effect) => effect.message);
  const toOwner = (messages) => messages.flatMap((message) => posts(owner.give({ type: "peer", message })));
  const back = toOwner(posts(tab.handle({ type: "start" }, owner.now)));
  for (const message of back) tab.handle({ type: "peer", message }, owner.now);
  assert.deepEqual([tab.status(owner.now).connected, tab.status(owner.now).owner], [true, false]);
  const effects = tab.handle({ type: "save", patch: { a: 1 }, order: 9 }, owner.now);
  assert.deepEqual(effects.find((effect) => effect.do === "store").value.fields, { a: { value: 1, order: 9 } });
  assert.deepEqual([tab.state.a, tab.status(owner.now).unsaved], [1, 1]);
  const done = toOwner(posts(effects)).flatMap((message) => tab.handle({ type: "peer", message }, owner.now));
  assert.deepEqual([done.find((effect) => effect.do === "store").value, tab.state.a, owner.core.state.a], [null, 1, 1]);
  // An older save of the same field, found later, does not come over it.
  owner.give({ type: "adopt", tabs: [{ tab: "old", value: { order: 8, fields: { a: { value: 0, order: 8 } } } }] });
  assert.equal(owner.core.state.a, 1);
  assert.equal(tab.status(owner.now + 15_000).connected, false);
});

const SECRETS = {
  softphoneMediaInfo: { callConfigJson: "{}" }, callConfigJson: "PLANTED", callContextToken: "PLANTED", iceServers: [{ credential: "PLANTED" }], participantToken: "PLANTED",
  connectionToken: "PLANTED", ConnectionCredentials: "PLANTED", authToken: "PLANTED", note: "turn:PLANTED@host", url: "wss://x?X-Amz-Security-Token=PLANTED", text: "{\"credential\":\"PLANTED\"}",
};
test("credentials are taken out wherever they lie, and nothing else", () => {
  const kept = { a: 1, tokens: 3, tokenised: "yes", note2: "return: call back", nested: [{ deep: { b: null } }] };
  assert.equal(JSON.stringify(scrub({ ...SECRETS, nested: [SECRETS], deep: { deeper: SECRETS } })).includes("PLANTED"), false);
  assert.deepEqual(scrub(kept), kept);
});

test("every notice has a text", () => {
  for (const code of ["connectionLost", "connectionBack", "offline", "signIn", "stopped", "moving", "moved", "returning", "callLost", "full", "refused", "notStored", "takenOver"]) {
    assert.ok(texts[code].length > 10, code);
  }
});
