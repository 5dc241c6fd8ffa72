import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionCore, defaults } from "../../deploy/desktop/converge-session.js";
import { Endpoint, generator } from "./endpoint.mjs";

/** A thousand clients of one endpoint that is down for `downMs` from `DOWN`: when, after it is back, each has its stream again, and how many try it in a second. */
function outage({ clients = 1_000, downMs, retry, retryAfter, seed = 1 }) {
  const random = generator(seed);
  const DOWN = 60_000;
  const endpoint = new Endpoint("us-east-1", 0);
  const queue = new Map();
  const attempts = [];
  const back = [];
  const at = (time, run) => {
    const key = Math.ceil(time / 10) * 10;
    if (queue.has(key)) queue.get(key).push(run);
    else queue.set(key, [run]);
  };
  let now = 0;
  const isDown = () => now >= DOWN && now < DOWN + downMs;
  const all = Array.from({ length: clients }, (_, index) => {
    const client = { core: new SessionCore({ id: `s${index}`, endpoints: [{ region: "us-east-1", url: "" }], tab: "t", random, newId: () => "x" }), key: null, wake: null };
    client.give = (event) => {
      for (const effect of client.core.handle(event, now)) {
        if (effect.do === "open") {
          client.key = effect.key;
          if (now > DOWN) attempts.push(now);
          at(now + 20, () => {
            if (isDown()) return client.give(retryAfter ? { type: "opened", key: effect.key, status: 503, retryAfter } : { type: "ended", key: effect.key });
            if (now > DOWN) back.push(now);
            client.give({ type: "opened", key: effect.key, status: 200, time: endpoint.clock(now) });
            client.give({ type: "heard", key: effect.key, retry });
          });
        } else if (effect.do === "fetch") {
          at(now + 20, () => client.give({ type: "answer", key: effect.key, ...(isDown() ? { status: 0 } : endpoint.answer(effect.method, effect.path, effect.headers, effect.body, now)) }));
        }
      }
      const { wake } = client.core;
      if (wake === client.wake || wake === Infinity) return;
      client.wake = wake;
      at(Math.max(wake, now + 10), () => { if (client.wake === wake) client.wake = null, client.give({ type: "tick" }); });
    };
    at(random() * 30_000, () => { client.give({ type: "start" }); client.give({ type: "owner" }); });
    return client;
  });
  at(DOWN, () => { for (const client of all) client.give({ type: "ended", key: client.key }); });
  for (; now < DOWN + downMs + 130_000; now += 10) {
    for (const run of queue.get(now) ?? []) run();
    queue.delete(now);
    if (now % 5_000 === 0 && !isDown()) for (const { core, give, key } of all) if (core.ends[0].state === "connected") give({ type: "heard", key });
  }
  const perSecond = (times) => {
    const counts = new Map();
    for (const time of times) counts.set(Math.floor(time / 1_000), (counts.get(Math.floor(time / 1_000)) ?? 0) + 1);
    return Math.max(0, ...counts.values());
  };
  const late = back.map((time) => time - DOWN - downMs).sort((a, b) => a - b);
  return { back: back.length, attemptsMost: perSecond(attempts), backMost: perSecond(back), first: late[0], half: late[late.length >> 1], last: late.at(-1) };
}

const CASES = [
  ["a flap: all streams end, the endpoint is there", { downMs: 10 }, 200],
  ["a flap, the server told retry: 3000", { downMs: 10, retry: 3_000 }, 200],
  ["an outage of ten seconds", { downMs: 10_000 }, 250],
  ["an outage of two minutes", { downMs: 120_000 }, 250],
  ["two minutes of 503 with Retry-After: 30", { downMs: 120_000, retryAfter: 30_000 }, 250],
];

for (const [name, world, most] of CASES) {
  test(`a thousand clients come back without a herd: ${name}`, () => {
    const found = outage(world);
    console.log(`${name}: ${JSON.stringify(found)}`);
    assert.equal(found.back, 1_000, "all are back");
    // Evenly over the window it would be 125 in a second.
    assert.ok(found.attemptsMost <= most, `${found.attemptsMost} of 1,000 try it within one second`);
    if (world.downMs < 1_000) {
      const least = world.retry ?? 0;
      assert.ok(found.first >= least - 20 && found.last <= least + defaults.spread + 100 && found.last >= least + defaults.spread * 0.95, "over the whole window");
    }
  });
}
