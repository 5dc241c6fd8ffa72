/**
 * An hour of one agent's desktop in a world without I/O: two endpoints whose clocks differ, a network that loses, repeats and delays, three tabs of
 * one browser with a storage, a lock and a channel, tokens that expire. All of it follows from a seed. `run` throws with the seed and the moment.
 */
import { SessionCore } from "../../deploy/desktop/converge-session.js";
import { Endpoint, generator, isNewer, join } from "./endpoint.mjs";

const HEARTBEAT = 15_000;
const MINUTE = 60_000;

class Queue {
  #heap = [];
  #count = 0;

  get isEmpty() { return this.#heap.length === 0; }

  push(at, run) {
    const heap = this.#heap;
    heap.push({ at, order: ++this.#count, run });
    for (let index = heap.length - 1; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!Queue.#isBefore(heap[index], heap[parent])) break;
      [heap[index], heap[parent]] = [heap[parent], heap[index]];
      index = parent;
    }
  }

  pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let index = 0; ;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) if (child < heap.length && Queue.#isBefore(heap[child], heap[least])) least = child;
      if (least === index) return first;
      [heap[index], heap[least]] = [heap[least], heap[index]];
      index = least;
    }
  }

  static #isBefore(a, b) { return a.at < b.at || (a.at === b.at && a.order < b.order); }
}

class Tab {
  constructor(world, slot) {
    Object.assign(this, { world, slot, name: `tab${++world.tabCount}`, isOpen: true, hidden: false, timer: null, streams: new Map(), heard: [-Infinity, -Infinity], tokens: [0, 0] });
    this.core = new SessionCore({
      id: "s", endpoints: world.ends.map(({ region }) => ({ region, url: region })), agent: { username: "ann" }, tab: this.name, random: world.random,
      newId: () => `id${++world.ids}`, settings: world.settings,
    });
  }

  dispatch(event) {
    if (!this.isOpen) return;
    const { world } = this;
    for (const effect of this.core.handle(event, world.now)) this[effect.do](effect);
    world.check(this);
    const wake = this.core.wake;
    if (wake === this.timer) return;
    this.timer = wake;
    if (wake === Infinity) return;
    // A hidden page's timers come late.
    const late = this.hidden ? world.random() * MINUTE : world.random() * 20;
    world.at(Math.max(wake, world.now) + late, () => { if (this.timer === wake) this.timer = null, this.dispatch({ type: "tick" }); });
  }

  // What the core has done.

  fetch({ key, end, method, path, headers, body }) {
    const { world } = this;
    world.send(this, end, () => {
      const answer = this.tokens[end] < world.tokens[end] ? { status: 401 } : world.troubled(end) ?? world.ends[end].answer(method, path, headers, body, world.now);
      world.answer(this, end, () => this.dispatch({ type: "answer", key, ...answer, body: answer.body && JSON.parse(JSON.stringify(answer.body)) }));
    }, () => this.dispatch({ type: "failed", key }));
  }

  open({ key, end, lastId }) {
    const { world } = this;
    const stream = { tab: this, end, key, position: 0, isOpen: false, isDead: false, at: 0 };
    this.streams.set(key, stream);
    world.send(this, end, () => {
      const bad = this.tokens[end] < world.tokens[end] ? { status: 401 } : world.troubled(end, true);
      if (bad) return world.answer(this, end, () => this.dispatch({ type: "opened", key, ...bad }));
      if (stream.isDead) return;
      const { messages, position } = world.ends[end].resume(lastId);
      stream.position = position;
      stream.isOpen = true;
      world.streams.add(stream);
      world.deliver(stream, { type: "opened", status: 200, time: world.ends[end].clock(world.now) });
      world.deliver(stream, { type: "heard", messages, retry: 2_000 });
    }, () => this.dispatch({ type: "ended", key }));
  }

  /** Of a stream. A request that is given up may arrive all the same. */
  abort({ key }) {
    const stream = this.streams.get(key);
    if (stream) stream.isDead = true, this.world.streams.delete(stream);
    this.streams.delete(key);
  }

  renew({ end }) {
    const { world } = this;
    if (world.random() < 0.1 && !world.isCalm) return;
    world.at(world.now + world.random() * 500, () => {
      const ok = world.isCalm || world.random() > 0.2;
      if (ok) this.tokens[end] = world.tokens[end];
      this.dispatch({ type: "renewed", end, ok });
    });
  }

  store({ key, tab, value }) {
    const name = key === "tab" ? `tab:${tab}` : key;
    if (value === null) this.world.storage.delete(name);
    else this.world.storage.set(name, JSON.stringify(value));
  }

  adopt() { this.world.at(this.world.now, () => this.dispatch({ type: "adopt", tabs: this.world.storedTabs() })); }

  post({ message }) {
    const text = JSON.stringify(message);
    for (const tab of this.world.tabs) if (tab && tab !== this) this.world.at(this.world.now + 2, () => tab.dispatch({ type: "peer", message: JSON.parse(text) }));
  }

  took({ ok }) { this.ok = ok; }

  answer() {}

  resumed() {}

  tell({ what, value }) { if (what === "saved") this.world.acknowledged.push(value); }
}

export class World {
  constructor(seed, { minutes = 60, settings = {} } = {}) {
    const random = generator(seed);
    Object.assign(this, {
      seed, random, minutes, settings, now: 0, queue: new Queue(), ids: 0, tabCount: 0, order: 0, storage: new Map(), streams: new Set(), acknowledged: [],
      ends: [new Endpoint("us-east-1", Math.round((random() - 0.5) * 4_000)), new Endpoint("us-west-2", Math.round((random() - 0.5) * 4_000))],
      links: [{}, {}], tokens: [0, 0], tabs: [null, null, null], owner: null, isCalm: false, online: true, values: new Map(), last: [-Infinity, -Infinity], refused: 0, saves: 0, figures: { checks: 0 },
    });
    for (const link of this.links) Object.assign(link, { isDown: false, isSilent: false, delay: 50, loss: 0.01, trouble: null });
  }

  at(time, run) { this.queue.push(time, run); }

  fail(what) { throw new Error(`seed ${this.seed}, ${(this.now / 1_000).toFixed(3)} s: ${what}`); }

  // MARK: - The network

  latency(end) {
    const { delay } = this.links[end];
    return this.random() < 0.02 && !this.isCalm ? this.random() * 40_000 : delay * (0.5 + this.random());
  }

  /** A request: it arrives late, twice or never. Without a connection it fails at once. */
  send(tab, end, arrive, refused) {
    const link = this.links[end];
    if (link.isDown || !this.online) return this.at(this.now + 30, refused);
    if (link.isSilent || this.random() < link.loss) return;
    this.at(this.now + this.latency(end), () => { if (!link.isDown) arrive(); else if (tab.isOpen) refused(); });
    if (this.random() < 0.03 && !this.isCalm) this.at(this.now + this.latency(end), () => { if (!link.isDown) arrive(); });
  }

  answer(tab, end, arrive) {
    const link = this.links[end];
    if (link.isSilent || this.random() < link.loss) return;
    this.at(this.now + this.latency(end), () => { if (!link.isDown && !link.isSilent && this.online) arrive(); });
  }

  /** What an endpoint in trouble answers. */
  troubled(end, isStream = false) {
    const { trouble } = this.links[end];
    if (!trouble || this.random() > 0.7) return undefined;
    if (trouble === 204) return isStream ? { status: 204 } : undefined;
    return { status: trouble, retryAfter: trouble === 500 ? undefined : 3_000 };
  }

  /** To a stream, in order and without a hole: one that has lost something brings nothing any more, and does not end either. */
  deliver(stream, event) {
    const { isSilent, delay } = this.links[stream.end];
    stream.isStalled ||= isSilent;
    if (stream.isStalled || stream.isDead) return;
    stream.at = Math.max(stream.at, this.now + delay * (0.5 + this.random()));
    this.at(stream.at, () => {
      stream.isStalled ||= this.links[stream.end].isSilent || !this.online;
      if (stream.isDead || stream.isStalled || !stream.tab.isOpen) return;
      stream.tab.heard[stream.end] = this.last[stream.end] = this.now;
      stream.tab.dispatch({ ...event, key: stream.key });
    });
  }

  end(stream) {
    this.streams.delete(stream);
    const { tab, key } = stream;
    if (!stream.isDead) this.at(this.now + 20, () => { stream.isDead = true; tab.dispatch({ type: "ended", key }); });
  }

  beat() {
    for (const stream of this.streams) {
      const messages = this.ends[stream.end].since(stream.position);
      if (messages.length > 0) stream.position = Number(messages.at(-1).id);
      if (messages.length > 0 || this.now - (stream.beatAt ?? -Infinity) >= HEARTBEAT) stream.beatAt = this.now, this.deliver(stream, { type: "heard", messages });
    }
    this.at(this.now + 500, () => this.beat());
  }

  /** What a Region's table has comes to the other one's. */
  replicate() {
    for (const [from, to] of [[0, 1], [1, 0]]) for (const event of this.ends[from].events.values()) this.ends[to].apply(event);
    this.at(this.now + (this.isCalm ? 5_000 : 20_000), () => this.replicate());
  }

  // MARK: - The browser

  storedTabs() {
    return [...this.storage].filter(([name]) => name.startsWith("tab:")).map(([name, text]) => ({ tab: name.slice(4), value: JSON.parse(text) }));
  }

  openTab(slot) {
    const tab = new Tab(this, slot);
    this.tabs[slot] = tab;
    tab.dispatch({ type: "start", hidden: false, online: this.online });
    this.grant();
  }

  closeTab(slot) {
    const tab = this.tabs[slot];
    tab.isOpen = false;
    this.tabs[slot] = null;
    for (const stream of [...this.streams]) if (stream.tab === tab) this.streams.delete(stream);
    if (this.owner === tab) this.owner = null;
    this.grant();
  }

  /** The lock goes to who waits longest. */
  grant() {
    this.at(this.now + 5 + this.random() * 300, () => {
      if (this.owner) return;
      this.owner = this.tabs.filter(Boolean).sort((a, b) => Number(a.name.slice(3)) - Number(b.name.slice(3)))[0] ?? null;
      this.owner?.dispatch({ type: "owner", queue: JSON.parse(this.storage.get("queue") ?? "null"), tabs: this.storedTabs() });
    });
  }

  steal(slot) {
    const [before, tab] = [this.owner, this.tabs[slot]];
    if (!before || before === tab) return;
    this.owner = tab;
    before.dispatch({ type: "listener" });
    tab.dispatch({ type: "owner", queue: JSON.parse(this.storage.get("queue") ?? "null"), tabs: this.storedTabs() });
  }

  save(slot) {
    const tab = this.tabs[slot];
    const name = `slot${slot}.${Math.floor(this.random() * 4)}`;
    const value = (this.values.get(name)?.tried ?? 0) + 1;
    const filler = this.random() < 0.02 ? "x".repeat(12_000) : "";
    tab.ok = undefined;
    tab.dispatch({ type: "save", patch: { [name]: [value, filler] }, order: ++this.order });
    this.saves++;
    if (tab.ok === undefined) this.fail("a save was neither taken nor refused");
    const { taken = 0 } = this.values.get(name) ?? {};
    this.values.set(name, { tried: value, taken: tab.ok ? value : taken });
    if (!tab.ok) this.refused++;
    if (tab.ok) this.isStored(name, value);
  }

  /** What was taken is in the storage or with an endpoint: so a reload loses nothing. */
  isStored(name, value) {
    const queue = JSON.parse(this.storage.get("queue") ?? "{}");
    const places = [queue.pending?.[name], queue.batch?.patch[name], ...this.storedTabs().map((tab) => tab.value.fields[name]?.value)];
    if (!places.some((place) => place?.[0] >= value)) this.fail(`${name} = ${value} was taken and is not stored`);
  }

  // MARK: - What happens

  trouble() {
    if (this.isCalm) return;
    const { random } = this;
    const link = this.links[Math.floor(random() * 2)];
    const end = this.links.indexOf(link);
    const slot = Math.floor(random() * 3);
    const tab = this.tabs[slot];
    const length = random() * (random() < 0.2 ? 10 * MINUTE : MINUTE);
    const during = (name, value) => {
      const before = { isDown: false, isSilent: false, delay: 50, loss: 0.01, trouble: null }[name];
      link[name] = value;
      this.at(this.now + length, () => { link[name] = before; });
    };
    const kind = Math.floor(random() * 13);
    if (kind === 0) {
      during("isDown", true);
      for (const stream of [...this.streams]) if (stream.end === end) this.end(stream);
    } else if (kind === 1) during("isSilent", true);
    else if (kind === 2) during("delay", 3_000 + random() * 9_000);
    else if (kind === 3) during("loss", 0.5);
    else if (kind === 4) during("trouble", [204, 429, 500, 503][Math.floor(random() * 4)]);
    else if (kind === 5) this.tokens[end]++;
    else if (kind === 6) for (const stream of [...this.streams]) { if (stream.end === end) this.end(stream); }
    else if (kind === 7 && this.online) {
      this.online = false;
      for (const each of this.tabs) each?.dispatch({ type: "online", online: false });
      this.at(this.now + length, () => {
        this.online = true;
        for (const each of this.tabs) each?.dispatch({ type: "online", online: true });
      });
    } else if (kind === 8 && tab) {
      tab.hidden = !tab.hidden;
      tab.dispatch({ type: "hidden", hidden: tab.hidden });
    } else if (kind === 9 && tab) this.closeTab(slot), this.at(this.now + random() * 5_000, () => { if (!this.tabs[slot]) this.openTab(slot); });
    else if (kind === 10 && tab) this.closeTab(slot), this.at(this.now + length, () => { if (!this.tabs[slot]) this.openTab(slot); });
    else if (kind === 11 && tab) this.steal(slot);
    else if (kind === 12) this.ends[end].changes = [];
    this.at(this.now + random() * MINUTE, () => this.trouble());
  }

  write() {
    const slot = Math.floor(this.random() * 3);
    if (this.tabs[slot] && !this.isCalm) this.save(slot);
    this.at(this.now + this.random() * (this.random() < 0.5 ? 400 : 20_000), () => this.write());
  }

  // MARK: - What must hold

  check(tab) {
    const { core } = tab;
    this.figures.checks++;
    const status = core.status(this.now);
    status.endpoints.forEach((end, index) => {
      // A tab that listens has it from the owner.
      const heard = core.role === "owner" ? tab.heard[index] : this.last[index];
      if (end.state === "connected" && this.now - heard >= 2 * HEARTBEAT + 3) this.fail(`${tab.name} says connected, ${this.now - heard} ms after it heard anything`);
    });
    if (status.connected !== status.endpoints.some((end) => end.state === "connected")) this.fail("connected without a connected endpoint");
    if (core.pending.size > core.s.fieldsMax + 1) this.fail(`${core.pending.size} fields wait`);
    if (core.relays.length > core.s.relaysMax) this.fail(`${core.relays.length} events wait for the other endpoint`);
    if (core.requests.size > 12) this.fail(`${core.requests.size} requests at a time`);
    if (core.noticed.size > 64 || Object.keys(core.orders).length > 2 * core.s.fieldsMax) this.fail("what is remembered grows");
    if (core.role === "owner" && status.unsaved === 0 && tab === this.owner) this.isSaved(tab);
  }

  /** Where nothing is said to wait, an endpoint has all that this tab took. */
  isSaved(tab) {
    const queue = JSON.parse(this.storage.get("queue") ?? "{}");
    if (queue.batch || Object.keys(queue.pending ?? {}).length > 0) this.fail(`${tab.name} says that nothing waits`);
  }

  run() {
    this.at(0, () => this.openTab(0));
    this.at(this.random() * 5 * MINUTE, () => this.openTab(1));
    this.at(this.random() * 20 * MINUTE, () => this.openTab(2));
    this.beat();
    this.replicate();
    this.at(5_000, () => this.write());
    this.at(this.random() * 2 * MINUTE, () => this.trouble());
    const end = this.minutes * MINUTE;
    this.until(end);
    this.heal();
    this.until(end + 8 * MINUTE);
    this.judge();
    return this;
  }

  until(time) {
    while (!this.queue.isEmpty) {
      const next = this.queue.pop();
      if (next.at > time) {
        this.queue.push(next.at, next.run);
        break;
      }
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = time;
  }

  heal() {
    this.isCalm = true;
    this.online = true;
    for (const link of this.links) Object.assign(link, { isDown: false, isSilent: false, delay: 50, loss: 0, trouble: null });
    for (const slot of [0, 1, 2]) {
      if (!this.tabs[slot]) this.openTab(slot);
      this.tabs[slot].hidden = false;
      this.tabs[slot].dispatch({ type: "online", online: true });
      this.tabs[slot].dispatch({ type: "hidden", hidden: false });
    }
  }

  judge() {
    const all = [...this.ends[0].events.values(), ...this.ends[1].events.values()];
    const winners = join(all);
    for (const [name, { taken }] of this.values) {
      if (taken === 0) continue;
      const found = winners.get(name)?.data[name][0];
      if (found !== taken) this.fail(`${name} was saved as ${taken} and is ${found}`);
    }
    // Of each field the stamps are in the order of the saves.
    const fields = new Map();
    for (const event of all) for (const name of Object.keys(event.data)) fields.set(name, [...(fields.get(name) ?? []), event]);
    for (const [name, events] of fields) {
      if (name === "desktop") continue;
      events.sort((a, b) => (isNewer(a, b) ? 1 : -1));
      events.forEach((event, index) => {
        if (index > 0 && event.data[name][0] < events[index - 1].data[name][0]) this.fail(`${name}: ${event.data[name][0]} is stamped after ${events[index - 1].data[name][0]}`);
      });
    }
    for (const event of this.acknowledged) if (!all.some((each) => each.id === event.id && each.time === event.time)) this.fail(`${event.id} was acknowledged and is lost`);
    for (const end of this.ends) if (end.problems.length > 0) this.fail(`${end.region} was asked what the contract has not: ${end.problems[0]}`);
    const status = this.owner.core.status(this.now);
    if (!status.endpoints.every((each) => each.state === "connected") || status.unsaved > 0 || status.relays > 0) this.fail(`not quiet after it: ${JSON.stringify(status)}`);
    if (status.ageMs > 2 * HEARTBEAT) this.fail(`what is shown is ${status.ageMs} ms old`);
    for (const tab of this.tabs) {
      for (const [name, { taken }] of this.values) if (taken > 0 && tab.core.state[name]?.[0] !== taken) this.fail(`${tab.name} shows ${name} = ${tab.core.state[name]?.[0]}, not ${taken}`);
    }
  }
}
