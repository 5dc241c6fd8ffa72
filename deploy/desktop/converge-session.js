/**
 * An agent's session, kept in two Regions: a client of Converge's HTTP API for agent desktops. One ES module without dependencies.
 *
 *     const session = createSession({ id, endpoints: [{ region, url }, { region, url }], getToken, agent: { username } });
 *     await session.resume();
 *     session.save({ notes: "called back" });
 *
 * How to use it, what the endpoints must do, and what cannot be done: docs/desktop.md. Three parts, from the bottom up:
 *
 *   SessionCore    all that is decided: events in, effects out. It has no clock, no randomness and no I/O of its own.
 *   createSession  what happens: fetch, timers, storage, tabs, callbacks.
 *   attachStreams  what amazon-connect-streams tells, as saves.
 *
 * Times inside are milliseconds of a clock that only counts up. The clock of the day is not used: stamps are the endpoints' own.
 */

/** Times in milliseconds, sizes in bytes of JSON. */
export const defaults = Object.freeze({
  heartbeat: 15_000, // the server's comment comes this often; two that are missing: lost
  spread: 8_000, // the window over which clients come back after something that hit them all
  base: 1_000, // of the backoff of saves and reads: random(0, min(cap, base * 2^n)); streams and relays begin with `spread`
  cap: 60_000,
  timeout: 10_000, // of a request, and of a stream until its headers are there
  renewal: 30_000, // getToken may take so long
  coalesce: 250, // saves within it travel together
  settle: 10_000, // own writes cover what is read for so long, if the reads do not show them before
  grace: 3_000, // without any connection until a person is told
  poke: 5_000, // a listening tab asks after the owner this often
  fieldsMax: 256, // different fields that wait
  bytesMax: 65_536, // all that waits
  patchMax: 16_000, // one patch
  relaysMax: 64, // accepted events that wait for the other endpoint
  relayBytesMax: 262_144,
  readsMax: 64, // reads at a time
  contextTries: 4, // rounds until a part of the context is given up
  background: false, // retry while the page is hidden, too
});

/** What people are told, by code. `{region}` and the like are filled in. */
export const texts = Object.freeze({
  connectionLost: "Connection lost, reconnecting. What you enter is kept.",
  connectionBack: "Connected again.",
  offline: "This computer is offline. What you enter is kept.",
  signIn: "Your sign-in has ended. Sign in again.",
  stopped: "{region} refuses this session ({status}). Tell your administrator.",
  moving: "Moving to {region}: finish your call, do not reload the page.",
  moved: "Moved to {region}. You can take contacts there.",
  returning: "Moving back to {region}: finish your call, do not reload the page.",
  callLost: "The call itself cannot be moved. If it breaks off, call the customer back from {region}.",
  full: "Too much waits to be saved: the last entry was not taken.",
  refused: "Refused, and not saved: {fields}.",
  notStored: "This browser stores nothing: do not close the page before all is saved.",
  takenOver: "This session is now open elsewhere.",
});

// Credentials of calls, TURN and chat: never kept, whoever hands them in and however deep they lie.
const SECRET_NAME =
  /softphonemediainfo|callconfig|callcontexttoken|iceservers?|turn(server|url|user)|signalingendpoint|credential|password|secret|(participant|connection|access|refresh|id|auth|bearer|session|security)_?token|^(token|authorization|jwt)$/i;
const SECRET_TEXT = /\bturns?:|x-amz-(security-token|credential|signature)|"(credential|participantToken|connectionToken|iceServers)"/i;

/** A copy as JSON, without credentials. Undefined where JSON has no form for it. */
export function scrub(value) {
  const text = JSON.stringify(value, (name, inner) =>
    SECRET_NAME.test(name) || (typeof inner === "string" && SECRET_TEXT.test(inner)) ? undefined : inner);
  return text === undefined ? undefined : JSON.parse(text);
}

const encoder = new TextEncoder();
const sizeOf = (value) => encoder.encode(JSON.stringify(value)).length;
const valuesOf = (fields) => Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value]));
const isRefused = (status) => status >= 400 && status < 500 && ![401, 403, 404, 408, 410, 412, 425, 429].includes(status);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A parser of text/event-stream: `push(text)` gives the messages that have ended, and the `retry` that was told. */
export class EventParser {
  #rest = "";
  #message = { event: "", data: [] };
  #id;

  /** Throws where a line has more than a million characters. */
  push(text) {
    const messages = [];
    let retry;
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > 1_000_000) throw new RangeError("a line of the stream has more than a million characters");
    for (const line of lines) {
      if (line === "") {
        const { event, data } = this.#message;
        if (data.length > 0) messages.push({ event: event || "message", data: data.join("\n"), id: this.#id });
        else if (this.#id !== undefined) messages.push({ event: "", data: "", id: this.#id });
        this.#message = { event: "", data: [] };
        continue;
      }
      const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (name === "event") this.#message.event = value;
      else if (name === "data") this.#message.data.push(value);
      else if (name === "id" && !value.includes("\0")) this.#id = value;
      else if (name === "retry" && /^\d{1,9}$/.test(value)) retry = Number(value);
    }
    return { messages, retry };
  }
}

const STATES = ["moving", "moved", "returning", "none"];

/**
 * The whole state machine. `handle(event, now)` takes an event and gives the effects; `wake` is when it wants `{ type: "tick" }`, at the latest.
 * Events are the methods that begin with `on_`, effects what `effects` of createSession carries out. Everything in here is bounded by `settings`.
 */
export class SessionCore {
  constructor({ id, endpoints, agent = {}, tab, random, newId, settings = {} }) {
    Object.assign(this, { id, agent, tab, random, newId, s: { ...defaults, ...settings } });
    this.ends = endpoints.map(({ region, url }, index) => ({
      index, region, url, state: "connecting", since: 0, heardAt: 0, openedAt: 0, stream: null, lastId: undefined, epoch: 0, failures: 0, fails: 0,
      at: 0, retry: 0, until: 0, relayAt: 0, relayTries: 0, clock: undefined, renewing: 0, renewed: false, status: 0,
    }));
    Object.assign(this, {
      now: 0, out: [], keys: 0, started: false, closed: false, role: "listener", hidden: false, online: true, shownUntil: 0, preferred: 0,
      requests: new Map(), reads: new Map(), context: null, failover: null, noticed: new Set(), lostSince: null, told: "", stored: true,
      // What the server has, and what of our own lies over it: field -> { value, until }.
      fields: {}, read: null, dirtySince: null, overlay: new Map(),
      // What waits to be saved: not sent yet; under way; accepted by one endpoint and not by the other.
      pending: new Map(), batch: null, relays: [], floor: 0, orders: {}, saveAt: 0, saveTries: 0, unsavedSince: null, refused: 0, dropped: 0,
      // Of a listening tab: what the owner has not taken yet, and what the owner told last.
      own: { order: 0, fields: {} }, mirror: null, mirrorAt: 0, pokeAt: 0, adoptAt: 0, mine: false,
    });
  }

  handle(event, now) {
    this.now = Math.max(this.now, now);
    this.out = [];
    if (!this.closed) {
      this["on_" + event.type]?.(event);
      if (!this.closed) this.#step();
    }
    return this.out;
  }

  // MARK: - Events

  on_start({ hidden = false, online = true }) {
    this.started = true;
    Object.assign(this, { hidden, online, lostSince: this.now });
    for (const end of this.ends) end.since = this.now;
  }

  /** This tab has the lock. `queue`: what the owner before stored; `tabs`: what listening tabs stored. */
  on_owner({ queue, tabs = [] }) {
    const took = this.mirror !== null;
    this.role = "owner";
    this.mirror = null;
    this.adoptAt = this.now + 2 * this.s.heartbeat;
    this.#load(queue);
    this.#adopt(tabs);
    this.#put({ desktop: { instance: this.tab, ...this.agent } });
    this.#store();
    for (const end of this.ends) Object.assign(end, { state: "connecting", since: this.now, at: this.now });
    this.#want("session", this.#path(), this.now);
    if (took) this.#tell("takenOver", { by: "tab", here: true });
  }

  /** Another tab has taken the lock away. What waits is in the storage, which is the new owner's now. */
  on_listener() {
    if (this.role !== "owner") return;
    this.role = "listener";
    for (const key of this.requests.keys()) this.#effect("abort", { key });
    this.requests.clear();
    this.reads.clear();
    for (const end of this.ends) this.#shut(end);
    Object.assign(this, { pending: new Map(), batch: null, relays: [], context: null, mine: false, mirrorAt: this.now, pokeAt: this.now });
    this.#tell("takenOver", { by: "tab", here: false });
    this.#notice("takenOver");
  }

  on_adopt({ tabs }) { if (this.role === "owner") this.#adopt(tabs), this.#store(); }

  /** `order`: greater than of all saves before, in any tab of this browser. */
  on_save({ patch, order }) {
    const fields = Object.fromEntries(Object.entries(patch).map(([name, value]) => [name, { value, order }]));
    const isOwner = this.role === "owner";
    const ok = isOwner ? this.#take(fields) : this.#fits(this.own.fields, fields);
    this.#effect("took", { ok });
    if (!ok) return this.#notice("full");
    if (isOwner) return this.#store();
    this.own = { order, fields: { ...this.own.fields, ...fields } };
    this.unsavedSince ??= this.now;
    this.#effect("store", { key: "tab", tab: this.tab, value: this.own });
    this.#hand();
  }

  on_read({ name, path }) {
    if (this.role === "owner" && this.reads.size < this.s.readsMax) this.#want(name, path, this.now, this.s.contextTries);
    else this.#effect("answer", { name, body: null });
  }

  /** Endpoints that had stopped are tried again, and the session is read. */
  on_resume() {
    for (const end of this.ends) if (end.state === "stopped") Object.assign(end, { state: "connecting", since: this.now, at: this.now });
    if (this.role === "owner") this.#want("session", this.#path(), this.now);
  }

  on_online({ online }) {
    if (online && !this.online) this.#again(() => this.random() * this.s.spread);
    this.online = online;
    if (!online) this.#notice("offline");
  }

  on_hidden({ hidden }) {
    // One person came back to one page: nobody else does at the same moment.
    if (!hidden && this.hidden) this.#again(() => 500 + this.random() * 500);
    this.hidden = hidden;
    if (hidden) this.saveAt = Math.min(this.saveAt, this.now);
  }

  on_notStored() {
    this.stored = false;
    this.#notice("notStored", {}, "notStored");
  }

  on_renewed({ end: index, ok }) {
    const end = this.ends[index];
    if (!end.renewing) return;
    end.renewing = 0;
    if (ok) Object.assign(end, { at: this.now, until: this.now, relayAt: this.now });
    else this.#signIn(end);
  }

  /** CCP's own word on a failover, which may come minutes later than ours. */
  on_ccp({ state, region }) {
    if (this.ends.some((end) => end.region === region)) this.#move({ term: null, state, agents: { [region]: 100 }, by: "ccp" }, region);
  }

  on_close() {
    for (const key of this.requests.keys()) this.#effect("abort", { key });
    for (const end of this.ends) this.#shut(end);
    this.closed = true;
  }

  // Of streams.

  on_opened({ key, status, retryAfter, time }) {
    const end = this.ends.find((each) => each.stream === key);
    if (!end) return;
    this.#clock(end, time, status === 200);
    if (status !== 200) {
      end.stream = null;
      // 204: this process is being drained; another one takes its place.
      if (status === 204) this.#lost(end, end.retry + this.random() * this.s.spread);
      else this.#trouble(end, status, retryAfter, () => this.#failedStream(end));
      return;
    }
    this.#good(end);
    Object.assign(end, { state: "connected", since: this.now, openedAt: this.now, heardAt: this.now });
    if (end.lastId === undefined) {
      end.epoch++;
      this.#want("session", this.#path(), this.now + this.random() * 1_000);
    }
  }

  on_heard({ key, messages = [], retry }) {
    const end = this.ends.find((each) => each.stream === key);
    if (!end || end.state !== "connected") return;
    end.heardAt = this.now;
    if (retry !== undefined) end.retry = Math.min(retry, this.s.cap);
    for (const { event, data, id } of messages) {
      if (id !== undefined) end.lastId = id === "" ? undefined : id;
      let value;
      try { value = JSON.parse(data); } catch { continue; }
      if (event === "reset") {
        end.epoch++;
        this.#dirty(this.random() * this.s.spread);
      } else if (event === "failover" && isObject(value)) {
        this.#failover(value);
      } else if (event === "change" && isObject(value)) {
        this.#tell("change", value);
        // What we have saved ourselves need not be read; and other entities are their readers' matter.
        if (value.kind !== "session" || value.id !== this.id) continue;
        if (this.last && value.stamp?.event === this.last.id) this.#lay(this.fields, this.last.patch);
        else this.#dirty(this.random() * 300);
      }
    }
  }

  on_ended({ key }) {
    const end = this.ends.find((each) => each.stream === key);
    if (!end) return;
    end.stream = null;
    // A stream that ends at once, again and again, is a failure like any other.
    if (end.state === "connected" && this.now - end.openedAt >= this.s.heartbeat) end.failures = 0;
    if (end.state === "connected" && end.failures === 0) this.#lost(end, end.retry + this.random() * this.s.spread), end.failures++;
    else this.#failedStream(end);
  }

  // Of requests.

  on_answer({ key, status, retryAfter, time, body }) {
    const request = this.requests.get(key);
    if (!request) return;
    this.requests.delete(key);
    const end = this.ends[request.end];
    const isGood = status >= 200 && status < 300;
    this.#clock(end, time, isGood);
    if (isGood || (status === 404 && request.kind === "read")) this.#good(end);
    if (request.kind === "save") this.#saved(request, end, status, retryAfter, body, isGood);
    else if (request.kind === "relay") this.#relayed(request, end, status, retryAfter, isGood);
    else this.#answered(request, end, status, retryAfter, body, isGood);
  }

  on_failed({ key }) { this.on_answer({ key, status: 0 }); }

  // Of other tabs.

  on_peer({ message }) {
    const { kind } = message;
    if (this.role === "owner") {
      if (kind === "save" && this.#take(message.fields)) this.#store(), this.#post({ kind: "took", tab: message.tab, order: message.order });
      if (kind === "poke" || kind === "save") {
        if (message.shown) this.shownUntil = this.now + 2 * this.s.poke + 2_000;
        this.#post({ kind: "status", status: this.status(this.now), state: this.state });
      }
      return;
    }
    if (kind === "took" && message.tab === this.tab && message.order === this.own.order) {
      this.own.fields = {};
      this.unsavedSince = null;
      this.#effect("store", { key: "tab", tab: this.tab, value: null });
    }
    if (kind === "status") {
      if (this.mirror === null) this.#hand();
      this.mirror = message;
      this.mirrorAt = this.now;
    }
    if (kind === "tell") this.#effect("tell", { what: message.what, value: message.value });
  }

  // MARK: - What is shown

  /** Fields as the server has them, under those of our own that it does not show yet. */
  get state() {
    if (this.role !== "owner") return this.#lay({ ...this.mirror?.state }, valuesOf(this.own.fields));
    const fields = this.#lay({ ...this.fields }, valuesOf(Object.fromEntries(this.overlay)));
    return this.#lay(this.#lay(fields, this.batch?.patch ?? {}), Object.fromEntries(this.pending));
  }

  #lay(fields, patch) {
    for (const [name, value] of Object.entries(patch)) if (value === null) delete fields[name]; else fields[name] = value;
    return fields;
  }

  /** The truth at `now`, even if no timer has run since. Durations in milliseconds. */
  status(now) {
    if (this.role !== "owner" && this.mirror) {
      const { status } = this.mirror;
      const late = Math.max(0, now - this.mirrorAt);
      const isSilent = late >= 3 * this.s.poke;
      const endpoints = status.endpoints.map((end) => {
        const heardMs = end.heardMs + late;
        const isLost = end.state === "connected" && (isSilent || heardMs >= 2 * this.s.heartbeat);
        return { ...end, heardMs, ...(isLost ? { state: "lost", forMs: 0 } : { forMs: end.forMs + late }) };
      });
      return {
        ...status, owner: false, endpoints, connected: endpoints.some((end) => end.state === "connected"), stored: this.stored && status.stored,
        unsaved: status.unsaved + Object.keys(this.own.fields).length, unsavedMs: Math.max(status.unsavedMs && status.unsavedMs + late, now - (this.unsavedSince ?? now)),
        ageMs: status.ageMs === null ? null : status.ageMs + late,
      };
    }
    const endpoints = this.ends.map((end) => {
      const silent = now - end.heardAt;
      const isSilent = end.state === "connected" && silent >= 2 * this.s.heartbeat;
      const state = isSilent ? "lost" : end.state;
      return {
        region: end.region, state, forMs: isSilent ? silent - 2 * this.s.heartbeat : now - end.since, heardMs: silent, preferred: end.index === this.preferred,
        ...(state === "stopped" && { status: end.status }),
      };
    });
    const unsaved = new Set([...this.pending.keys(), ...Object.keys(this.batch?.patch ?? {}), ...Object.keys(this.own.fields)]).size;
    return {
      owner: this.role === "owner", connected: endpoints.some((end) => end.state === "connected"), online: this.online, endpoints, unsaved,
      unsavedMs: unsaved ? now - (this.unsavedSince ?? now) : 0, stored: this.stored, refused: this.refused, relays: this.relays.length,
      relaysDropped: this.dropped, ageMs: this.#age(now), regions: this.read?.regions ?? [], failover: this.failover,
    };
  }

  #age(now) {
    if (!this.read) return null;
    const { at, age, epochs } = this.read;
    let since = now - at;
    // A stream that was open before the read, and told of no change since, says that nothing is newer.
    for (const end of this.ends) if (epochs[end.index] === end.epoch && end.epoch > 0) since = Math.min(since, Math.max(0, now - end.heardAt));
    return age + Math.max(since, this.dirtySince === null ? 0 : now - this.dirtySince);
  }

  // MARK: - What is due

  #step() {
    this.next = Infinity;
    if (this.role === "owner") {
      for (const [key, { deadline }] of this.requests) if (this.now >= deadline) this.#effect("abort", { key }), this.on_failed({ key });
      for (const end of this.ends) this.#watch(end);
      if (this.#mayTry()) {
        this.#send();
        for (const end of this.ends) this.#relay(end);
        for (const read of this.reads.values()) this.#ask(read);
      }
      for (const [name, { until }] of this.overlay) if (this.#isDue(until)) this.overlay.delete(name), this.#shown();
      if (this.now >= this.adoptAt) this.adoptAt = this.now + 2 * this.s.heartbeat, this.#effect("adopt");
      for (const { deadline } of this.requests.values()) this.#isDue(deadline);
      this.#isDue(this.adoptAt);
    } else {
      if (this.now >= this.pokeAt) {
        this.pokeAt = this.now + this.s.poke;
        this.#post({ kind: "poke", shown: !this.hidden });
        if (Object.keys(this.own.fields).length > 0) this.#hand();
      }
      this.#isDue(this.pokeAt);
      this.#isDue(this.mirrorAt + 3 * this.s.poke);
    }
    this.#look();
  }

  /** Whether that time has come. If not, the core is to be woken then. */
  #isDue(time) {
    if (this.now >= time) return true;
    this.next = Math.min(this.next, time);
    return false;
  }

  /** What changed of the status, and what people are told of the connection. */
  #look() {
    const status = this.status(this.now);
    if (this.role === "owner") {
      if (status.connected) {
        if (this.noticed.delete("connectionLost")) this.#notice("connectionBack");
        this.lostSince = null;
      } else {
        this.lostSince ??= this.now;
        if (this.online && this.#isDue(this.lostSince + this.s.grace)) this.#notice("connectionLost", {}, "connectionLost");
      }
    }
    // Durations go on by themselves.
    const told = JSON.stringify(status, (name, value) => (name.endsWith("Ms") && value !== null ? 0 : value));
    if (told === this.told) return;
    this.told = told;
    this.#effect("tell", { what: "status", value: status });
    if (this.role === "owner") this.#post({ kind: "status", status, state: this.state });
  }

  get wake() { return this.started && !this.closed ? this.next : Infinity; }

  /** Nothing is retried in the background, unless it is shown in another tab or wanted by the setting. */
  #mayTry() { return this.online && (!this.hidden || this.s.background || this.now < this.shownUntil); }

  #isUsable(end) { return end.state !== "stopped" && !end.renewing && this.#isDue(end.until); }

  /** Full jitter. What all clients lose at the same moment begins with the window as its base. */
  #backoff(n, base = this.s.base) { return this.random() * Math.min(this.s.cap, base * 2 ** Math.min(n, 20)); }

  /** Everything that waits for a retry is due again, after what `wait` says of each. */
  #again(wait) {
    for (const end of this.ends) {
      if (end.state !== "connected") end.at = this.now + wait();
      end.relayAt = Math.min(end.relayAt, this.now + wait());
      end.fails = 0;
    }
    this.saveAt = Math.min(this.saveAt, this.now + wait());
    for (const read of this.reads.values()) read.at = Math.min(read.at, this.now + wait());
  }

  // MARK: - Endpoints

  #watch(end) {
    if (end.renewing) {
      if (this.#isDue(end.renewing)) end.renewing = 0, this.#signIn(end);
      return;
    }
    if (end.state === "connected" && this.#isDue(end.heardAt + 2 * this.s.heartbeat)) {
      this.#shut(end);
      this.#lost(end, this.random() * this.s.spread);
    } else if (end.state === "connecting" && end.stream !== null && this.#isDue(end.since + this.s.timeout)) {
      this.#shut(end);
      this.#failedStream(end);
    }
    if (end.stream !== null || end.state === "stopped" || !this.#mayTry() || !this.#isDue(Math.max(end.at, end.until))) return;
    end.stream = ++this.keys;
    Object.assign(end, { state: "connecting", since: this.now });
    this.#isDue(this.now + this.s.timeout);
    const ids = [`session/${this.id}`, ...(this.agent.id ? [`agent/${this.agent.id}`] : [])];
    this.#effect("open", { key: end.stream, end: end.index, path: `/v1/changes?ids=${ids.map(encodeURIComponent).join(",")}`, lastId: end.lastId });
  }

  #shut(end) {
    if (end.stream !== null) this.#effect("abort", { key: end.stream });
    end.stream = null;
    if (end.state === "connected") Object.assign(end, { state: "lost", since: this.now });
  }

  #lost(end, wait) {
    Object.assign(end, { state: "lost", since: end.state === "lost" ? end.since : this.now, stream: null, at: this.now + wait });
  }

  #failedStream(end) { this.#lost(end, end.retry + this.#backoff(end.failures++, this.s.spread)); }

  #good(end) { Object.assign(end, { fails: 0, renewed: false }); this.noticed.delete("signIn"); }

  /** The endpoint's own clock, as of its answers; null where a good answer has none. */
  #clock(end, time, isGood) { if (Number.isFinite(time)) end.clock = time - this.now; else if (isGood) end.clock ??= null; }

  /** What an answer that is not good means for the endpoint; `retry`: what it means for who asked. */
  #trouble(end, status, retryAfter, retry) {
    if (status === 401 && !end.renewed) {
      if (end.renewing) return;
      Object.assign(end, { renewed: true, renewing: this.now + this.s.renewal });
      if (end.state === "connecting") end.since = this.now;
      this.#effect("renew", { end: end.index });
    } else if (status === 401) {
      this.#signIn(end);
    } else if (status === 403 || status === 404 || status === 410) {
      this.#shut(end);
      Object.assign(end, { state: "stopped", since: this.now, status });
      this.#notice("stopped", { region: end.region, status }, "stopped" + end.index);
    } else {
      end.fails++;
      if ((status === 429 || status === 503) && retryAfter !== undefined) {
        // All are told the same time: they come after it, and not at it.
        end.until = this.now + Math.min(retryAfter, 10 * this.s.cap) + this.random() * this.s.spread;
      }
      retry();
    }
  }

  #signIn(end) {
    end.renewed = false;
    end.until = this.now + this.s.base + this.#backoff(20);
    if (end.state !== "connected") this.#lost(end, end.until - this.now);
    this.#notice("signIn", {}, "signIn");
  }

  /** The one that a save goes to: the preferred one until it has failed twice. One that has answered nothing yet has no clock to bound it by. */
  #target() {
    const rank = (end) => Math.floor(Math.min(end.fails, 20) / 2) * 2 + (end.index === this.preferred ? 0 : 1);
    return this.ends.filter((end) => this.#isUsable(end) && end.clock !== undefined).sort((a, b) => rank(a) - rank(b))[0];
  }

  // MARK: - Saves

  /** Whether such a request is under way; of a relay, at this endpoint. */
  #has(kind, end) { return [...this.requests.values()].some((request) => request.kind === kind && (!end || request.end === end.index)); }

  #fits(waiting, more) {
    const all = { ...waiting, ...more };
    return Object.keys(all).length <= this.s.fieldsMax && sizeOf(all) <= this.s.bytesMax;
  }

  #put(patch) {
    for (const [name, value] of Object.entries(patch)) this.pending.set(name, value);
    this.unsavedSince ??= this.now;
    this.saveAt = this.batch ? this.saveAt : Math.max(this.saveAt, this.now + (this.hidden ? 0 : this.s.coalesce));
    this.#shown();
  }

  /** What was saved, here or in another tab, unless something newer of that field is known; false where there is no room for it. */
  #take(fields) {
    const newer = Object.entries(fields).filter(([name, { order }]) => order > (this.orders[name] ?? 0));
    const patch = valuesOf(Object.fromEntries(newer));
    if (!this.#fits(Object.fromEntries(this.pending), patch)) return false;
    if (newer.length > 0) this.#put(patch);
    for (const [name, { order }] of newer) delete this.orders[name], (this.orders[name] = order);
    for (const name of Object.keys(this.orders).slice(0, -2 * this.s.fieldsMax)) delete this.orders[name];
    return true;
  }

  #adopt(tabs) {
    for (const { tab, value } of tabs) {
      if (!isObject(value?.fields) || !this.#take(value.fields)) continue;
      this.#store();
      this.#effect("store", { key: "tab", tab, value: null });
      if (tab === this.tab) this.own.fields = {};
      this.#post({ kind: "took", tab, order: value.order });
    }
  }

  #hand() { this.#post({ kind: "save", tab: this.tab, ...this.own, shown: !this.hidden }); }

  #load(queue) {
    if (!isObject(queue) || queue.v !== 1) return;
    this.pending = new Map(Object.entries(queue.pending));
    Object.assign(this, { batch: queue.batch, relays: queue.relays, floor: queue.floor, orders: queue.orders, saveAt: this.now });
    this.#risk();
    if (this.batch || this.pending.size > 0) this.unsavedSince ??= this.now;
  }

  #store() {
    const { pending, batch, relays, floor, orders } = this;
    this.#effect("store", { key: "queue", value: { v: 1, pending: Object.fromEntries(pending), batch, relays, floor, orders } });
  }

  /** What was sent and not answered may have been taken, with a stamp up to `before`: the next stamps are above it. */
  #risk() { if (this.batch) this.floor = Math.max(this.floor + 1, this.batch.before ?? 0); }

  /** One batch at a time is under way: so the stamps of one field are in the order of its saves. */
  #send() {
    if (!(this.batch || this.pending.size > 0) || this.#has("save") || !this.#isDue(this.saveAt)) return;
    const end = this.#target();
    if (!end) return;
    if (!this.batch) {
      const patch = {};
      let size = 2;
      for (const [name, value] of this.pending) {
        size += sizeOf({ [name]: value });
        if (size > this.s.patchMax && Object.keys(patch).length > 0) break;
        patch[name] = value;
        this.pending.delete(name);
      }
      this.batch = { id: this.newId(), patch };
      this.saveTries = 0;
    }
    // Once the endpoint's clock is past `before` it refuses. So what is not answered is stamped by then, or never.
    const before = end.clock === null ? undefined : Math.ceil(end.clock + this.now + this.s.timeout + 5_000);
    if (before !== undefined) this.batch.before = Math.max(this.batch.before ?? 0, before);
    this.#store();
    this.#request(end, "save", "PATCH", this.#path(), {
      "Content-Type": "application/merge-patch+json", "Idempotency-Key": this.batch.id, Prefer: "wait=2",
      ...(this.floor > 0 && { "Converge-After": String(this.floor) }), ...(before !== undefined && { "Converge-Before": String(before) }),
    }, this.batch.patch);
  }

  #saved(request, end, status, retryAfter, body, isGood) {
    const time = isGood && isObject(body) && typeof body.id === "string" ? Date.parse(body.time) : NaN;
    if (Number.isFinite(time)) {
      const { patch } = this.batch;
      this.floor = Math.max(this.floor, time);
      this.last = { id: body.id, patch };
      for (const [name, value] of Object.entries(patch)) this.overlay.set(name, { value, until: this.now + this.s.settle });
      if ("desktop" in patch) this.mine = true;
      this.#keep(body, Object.keys(patch), end);
      Object.assign(this, { batch: null, saveTries: 0, saveAt: this.now });
      if (this.pending.size === 0) this.unsavedSince = null;
      this.#store();
      this.#tell("saved", body);
      return;
    }
    if (isRefused(status)) {
      const fields = Object.keys(this.batch.patch);
      this.refused += fields.length;
      Object.assign(this, { batch: null, saveAt: this.now });
      if (this.pending.size === 0) this.unsavedSince = null;
      this.#store();
      return this.#notice("refused", { fields: fields.join(", "), status });
    }
    this.#risk();
    this.#store();
    this.#trouble(end, isGood ? 0 : status, retryAfter, () => { this.saveAt = this.now + this.#backoff(this.saveTries++); });
  }

  /** The accepted event waits for the other endpoints. One all of whose fields newer ones have is not needed any more. */
  #keep(event, fields, from) {
    const to = this.ends.filter((end) => end !== from).map((end) => end.index);
    if (to.length === 0) return;
    this.relays.push({ event, fields, to });
    const newer = new Set();
    this.relays = this.relays.reverse().filter((relay) => {
      const isNeeded = relay.fields.some((name) => !newer.has(name));
      for (const name of relay.fields) newer.add(name);
      return isNeeded;
    }).reverse();
    while (this.relays.length > this.s.relaysMax || (this.relays.length > 1 && sizeOf(this.relays) > this.s.relayBytesMax)) {
      this.relays.shift();
      this.dropped++;
    }
  }

  #relay(end) {
    const relay = this.relays.find(({ to }) => to.includes(end.index));
    if (!relay || this.#has("relay", end) || !this.#isUsable(end) || !this.#isDue(end.relayAt)) return;
    const key = this.#request(end, "relay", "POST", "/v1/events", { "Content-Type": "application/cloudevents+json" }, relay.event);
    this.requests.get(key).event = relay.event.id;
  }

  #relayed(request, end, status, retryAfter, isGood) {
    if (isGood || isRefused(status)) {
      const relay = this.relays.find(({ event }) => event.id === request.event);
      if (relay) relay.to = relay.to.filter((index) => index !== end.index);
      this.relays = this.relays.filter(({ to }) => to.length > 0);
      end.relayTries = 0;
      if (!isGood) this.dropped++;
      this.#store();
    } else {
      this.#trouble(end, status, retryAfter, () => { end.relayAt = this.now + this.#backoff(end.relayTries++, this.s.spread); });
    }
  }

  // MARK: - Reads

  #path() { return `/v1/sessions/${encodeURIComponent(this.id)}`; }

  #dirty(wait) {
    this.dirtySince ??= this.now;
    this.#want("session", this.#path(), this.now + wait);
  }

  #want(name, path, at, tries = Infinity) {
    const read = this.reads.get(name);
    if (!read) this.reads.set(name, { name, path, at, left: tries, tries: 0, keys: new Set(), hasNone: false, again: false });
    else if (read.keys.size > 0) read.again = true;
    else read.at = Math.min(read.at, at);
  }

  /** Asks every endpoint that can be asked; the first good answer is taken. */
  #ask(read) {
    if (read.keys.size > 0 || !this.#isDue(read.at)) return;
    // A stream that is open now, or comes again with its position, misses nothing from here on.
    const epochs = this.ends.map((end) => (end.state === "connected" || end.lastId !== undefined ? end.epoch : 0));
    for (const end of this.ends) {
      if (!this.#isUsable(end)) continue;
      const key = this.#request(end, "read", "GET", read.path, {});
      Object.assign(this.requests.get(key), { name: read.name, epochs, askedAt: this.now });
      read.keys.add(key);
    }
  }

  #answered(request, end, status, retryAfter, body, isGood) {
    const read = this.reads.get(request.name);
    if (!read) return;
    read.keys.delete([...read.keys].find((key) => !this.requests.has(key)));
    if (isGood && isObject(body)) {
      for (const key of read.keys) this.requests.delete(key), this.#effect("abort", { key });
      return this.#done(read, body, request);
    }
    // Of other entities than the session: what this token may not read is missing, and the endpoint is as good as before.
    if (status === 404 || (status === 403 && read.name !== "session")) read.hasNone = true;
    else this.#trouble(end, isGood ? 0 : status, retryAfter, () => {});
    if (read.keys.size > 0) return;
    if (read.hasNone) return this.#done(read, null, request);
    if (end.renewing) return void (read.at = this.now);
    if (--read.left <= 0) return this.#done(read, undefined, request);
    read.at = this.now + this.#backoff(read.tries++);
  }

  /** `body`: null where nobody knows of it, undefined where nobody could be asked. */
  #done(read, body, request) {
    this.reads.delete(read.name);
    if (read.again) this.#want(read.name, read.path, this.now);
    if (read.name !== "session") {
      this.#effect("answer", { name: read.name, body: body ?? null });
      if (this.context?.wait.delete(read.name)) {
        if (body) this.context.got[read.name] = body;
        else this.context.missing.push(read.name);
        this.#brought();
      }
      return;
    }
    this.fields = isObject(body?.data?.fields) ? body.data.fields : {};
    const age = Number.isFinite(body?.ageMs) ? Math.max(0, body.ageMs) : 0;
    this.read = { at: this.now, age, asOf: body?.asOf ?? null, regions: Array.isArray(body?.regions) ? body.regions : [], epochs: request.epochs };
    if (this.dirtySince === null || request.askedAt >= this.dirtySince) this.dirtySince = null;
    for (const [name, { value }] of this.overlay) {
      if (JSON.stringify(this.fields[name] ?? null) === JSON.stringify(value)) this.overlay.delete(name);
    }
    const other = this.state.desktop?.instance;
    if (this.mine && other !== undefined && other !== this.tab) {
      this.mine = false;
      this.#tell("takenOver", { by: "browser", here: false });
      this.#notice("takenOver");
    }
    this.#effect("resumed", { value: { fields: this.state, asOf: this.read.asOf, ageMs: this.read.age, regions: this.read.regions } });
    this.#shown();
  }

  #shown() { if (this.role === "owner") this.#tell("state", this.state); }

  // MARK: - Failover

  #failover(value) {
    const { term, state } = value;
    if (!Number.isSafeInteger(term) || !STATES.includes(state)) return;
    const before = this.failover;
    // Both endpoints tell of it, one of them perhaps late: only forward.
    if (before && (term < before.term || (term === before.term && STATES.indexOf(state) <= STATES.indexOf(before.state)))) return;
    this.failover = value;
    const [region] = Object.entries(value.agents ?? {}).sort((a, b) => b[1] - a[1])[0] ?? [];
    this.#move(value, region);
  }

  /** The other Region is asked first from now on; people are told at once; what it knows is brought, not by all in the same second. */
  #move(value, region) {
    const target = this.ends.find((end) => end.region === region);
    this.#tell("failover", { ...value, region });
    if (!target) return;
    const isNew = this.preferred !== target.index;
    if (isNew) {
      this.preferred = target.index;
      target.fails = 0;
      if (!this.#has("save")) this.saveAt = Math.min(this.saveAt, this.now);
    }
    const once = `${region} ${value.term ?? this.failover?.term}`;
    // Of a return in steps people are told when most agents are to be elsewhere, and when it is done.
    const code = value.state === "none" ? "moved" : value.state;
    if (isNew || code === "moved") this.#notice(code, { region }, code + once);
    const calls = this.#contacts().filter((contact) => contact.channel === "voice" && contact.region !== region);
    if (calls.length > 0) this.#notice("callLost", { region, contacts: calls.map((call) => call.contactId) }, "callLost" + once);
    this.#bring(value.state, region, this.now + this.random() * this.s.spread);
  }

  #contacts() {
    return Object.entries(this.state).filter(([name, value]) => name.startsWith("contact.") && isObject(value))
      .map(([name, value]) => ({ ...value, contactId: name.slice(8) })).slice(0, 10);
  }

  #bring(why, region, at) {
    const contacts = this.#contacts();
    const customers = [...new Set(contacts.map((contact) => contact.customerId).filter(Boolean))];
    const paths = new Map([
      ...(this.agent.username ? [["username", `/v1/usernames/${encodeURIComponent(this.agent.username)}`]] : []),
      ...contacts.map(({ contactId }) => [`contact ${contactId}`, `/v1/contacts/${encodeURIComponent(contactId)}`]),
      ...customers.map((customer) => [`customer ${customer}`, `/v1/customers/${encodeURIComponent(customer)}/context`]),
    ]);
    this.context = { why, region, contacts, wait: new Set(paths.keys()), got: {}, missing: [] };
    for (const [name, path] of paths) this.#want(name, path, at, this.s.contextTries);
    this.#dirty(at - this.now);
    this.#brought();
  }

  #brought() {
    if (!this.context || this.context.wait.size > 0) return;
    const { why, region, contacts, got, missing } = this.context;
    this.context = null;
    const part = (prefix) => Object.fromEntries(Object.entries(got).filter(([name]) => name.startsWith(prefix)).map(([name, body]) => [name.slice(prefix.length), body]));
    this.#tell("context", {
      why, region, fields: this.state, username: got.username ?? null, contacts: part("contact "), customers: part("customer "), missing,
      // A call cannot go on elsewhere; what is written can.
      offers: contacts.map((contact) => ({ ...contact, offer: contact.channel === "voice" ? "callBack" : "resume" })),
    });
  }

  // MARK: - Effects

  #effect(type, value) { this.out.push({ do: type, ...value }); }

  #post(message) { this.#effect("post", { message }); }

  #tell(what, value) {
    this.#effect("tell", { what, value });
    if (this.role === "owner" && what !== "takenOver") this.#post({ kind: "tell", what, value });
  }

  /** With `once`: told once for each. */
  #notice(code, values = {}, once) {
    if (this.noticed.has(once)) return;
    if (once) this.noticed.add(once);
    if (this.noticed.size > 64) this.noticed.delete([...this.noticed][0]);
    this.#tell("notice", { code, values });
  }

  #request(end, kind, method, path, headers, body) {
    const key = ++this.keys;
    this.requests.set(key, { kind, end: end.index, deadline: this.now + this.s.timeout });
    this.#effect("fetch", { key, end: end.index, method, path, headers, body: body && JSON.stringify(body), keepalive: this.hidden && kind === "save" });
    return key;
  }
}

/**
 * A session of this page. `id`: the session's id, the same in every tab and on every machine that is to see it. `getToken({ region, renew })`
 * gives a bearer token. `storage`: as localStorage, which it is by default. Throws TypeError on settings that cannot work.
 */
export function createSession({ id, endpoints, getToken, storage, agent = {}, texts: words = {}, settings = {} }) {
  if (!id || !endpoints?.length || typeof getToken !== "function") throw new TypeError("createSession: id, endpoints and getToken are needed");
  const ends = endpoints.map(({ region, url }) => ({ region, url: String(new URL(url, globalThis.location?.href)).replace(/\/+$/, "") }));
  try { storage ??= globalThis.localStorage; } catch { /* The browser forbids it: said by notStored. */ }
  const prefix = `converge:${id}:`;
  const tab = crypto.randomUUID();
  const core = new SessionCore({ id, endpoints: ends, agent: scrub(agent), tab, random: Math.random, newId: () => crypto.randomUUID(), settings });
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(prefix);
  const callbacks = {};
  const running = new Map();
  const waiting = new Map();
  const tokens = [];
  let timer, last, counted = 0, resumed = [], release, isSaved, reads = 0, counter = 0, lock = new AbortController();

  // Only counts up. A computer that slept has missed the time that the clock of the day went on by; one that was set has reconnected once too often.
  const clock = () => {
    const now = [performance.now(), Date.now()];
    if (last) counted += Math.max(0, now[0] - last[0], now[1] - last[1]);
    last = now;
    return counted;
  };

  function dispatch(event) {
    const now = clock();
    for (const effect of core.handle(event, now)) effects[effect.do](effect);
    clearTimeout(timer);
    const wait = core.wake - now;
    if (wait < Infinity) timer = setTimeout(dispatch, Math.min(Math.max(0, wait), 60_000), { type: "tick" });
  }

  const stored = (key) => { try { return JSON.parse(storage.getItem(prefix + key)); } catch { return null; } };

  function storedTabs() {
    const tabs = [];
    try {
      for (let index = 0; index < storage.length; index++) {
        const key = storage.key(index);
        if (key.startsWith(prefix + "tab:")) tabs.push({ tab: key.slice(prefix.length + 4), value: stored(key.slice(prefix.length)) });
      }
    } catch { /* No storage, no tabs. */ }
    return tabs;
  }

  async function authorised(effect, extra, use) {
    const controller = new AbortController();
    running.set(effect.key, controller);
    try {
      const { region, url } = ends[effect.end];
      tokens[effect.end] ??= await getToken({ region, renew: false });
      if (controller.signal.aborted) return;
      const response = await fetch(url + effect.path, {
        ...extra, signal: controller.signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", redirect: "error",
        headers: { ...extra.headers, Authorization: `Bearer ${tokens[effect.end]}` },
      });
      const after = Number(response.headers.get("Retry-After") ?? NaN) * 1_000;
      const time = Number(response.headers.get("Converge-Time") ?? NaN);
      await use(response, { key: effect.key, status: response.status, retryAfter: after >= 0 ? after : undefined, time });
    } finally {
      running.delete(effect.key);
    }
  }

  const effects = {
    fetch(effect) {
      const { method, headers, body, keepalive } = effect;
      authorised(effect, { method, headers, body, keepalive }, async (response, answer) => {
        let value;
        try { value = JSON.parse(await response.text()); } catch { /* Not every answer has a body, and a broken one is no good answer. */ }
        dispatch({ type: "answer", ...answer, body: value });
      }).catch(() => dispatch({ type: "failed", key: effect.key }));
    },
    open(effect) {
      const headers = { Accept: "text/event-stream", ...(effect.lastId !== undefined && { "Last-Event-ID": effect.lastId }) };
      authorised(effect, { headers }, async (response, answer) => {
        dispatch({ type: "opened", ...answer });
        if (response.status !== 200) return void response.body?.cancel();
        const parser = new EventParser();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
          dispatch({ type: "heard", key: effect.key, ...parser.push(piece.value) });
        }
      }).catch(() => {}).finally(() => dispatch({ type: "ended", key: effect.key }));
    },
    abort: ({ key }) => running.get(key)?.abort(),
    renew({ end }) {
      Promise.resolve({ region: ends[end].region, renew: true }).then(getToken).then(
        (token) => { tokens[end] = token; dispatch({ type: "renewed", end, ok: true }); }, () => dispatch({ type: "renewed", end, ok: false }));
    },
    store({ key, tab: of, value }) {
      const name = prefix + (key === "tab" ? "tab:" + of : key);
      try { if (value === null) storage.removeItem(name); else storage.setItem(name, JSON.stringify(value)); } catch { queueMicrotask(() => dispatch({ type: "notStored" })); }
    },
    adopt: () => queueMicrotask(() => dispatch({ type: "adopt", tabs: storedTabs() })),
    post: ({ message }) => channel?.postMessage(message),
    took({ ok }) { isSaved = ok; },
    answer({ name, body }) { waiting.get(name)?.(body); waiting.delete(name); },
    resumed({ value }) { for (const each of resumed.splice(0)) each(value); },
    tell({ what, value }) {
      if (what === "notice") value = { ...value, text: (words[value.code] ?? texts[value.code]).replace(/\{(\w+)\}/g, (_, name) => value.values[name] ?? "") };
      for (const callback of [...(callbacks[what] ?? [])]) try { callback(value); } catch (error) { reportError(error); }
    },
  };

  const on = (what) => (callback) => {
    (callbacks[what] ??= new Set()).add(callback);
    return () => callbacks[what].delete(callback);
  };

  // One tab owns the streams and the queue: the one with the lock. The next one has it as soon as that tab is gone.
  function own(options) {
    if (!globalThis.navigator?.locks) return dispatch({ type: "owner", queue: stored("queue"), tabs: storedTabs() });
    navigator.locks.request(prefix, options, () => new Promise((resolve) => {
      release = resolve;
      dispatch({ type: "owner", queue: stored("queue"), tabs: storedTabs() });
    })).catch((error) => {
      if (error !== lock.signal.reason) dispatch({ type: "listener" }), own({ signal: lock.signal });
    });
  }

  const hears = [
    [globalThis, "online", () => dispatch({ type: "online", online: true })],
    [globalThis, "offline", () => dispatch({ type: "online", online: false })],
    [globalThis.document, "visibilitychange", () => dispatch({ type: "hidden", hidden: document.hidden })],
    [channel, "message", ({ data }) => dispatch({ type: "peer", message: data })],
  ].filter(([target]) => target?.addEventListener);
  for (const [target, name, listener] of hears) target.addEventListener(name, listener);

  dispatch({ type: "start", hidden: globalThis.document?.hidden ?? false, online: globalThis.navigator?.onLine ?? true });
  own({ signal: lock.signal });

  const session = {
    /** The truth now: see docs/desktop.md. */
    get status() { return core.status(clock()); },
    /** The fields, own writes included. */
    get state() { return core.state; },
    /** What is known of the session, from whichever Region answers first; after `wait` milliseconds what this browser knows, with `ageMs` null. */
    resume(wait = 10_000) {
      return new Promise((resolve) => {
        resumed.push(resolve);
        dispatch({ type: "resume" });
        setTimeout(() => resolve({ fields: core.state, asOf: null, ageMs: null, regions: [] }), wait);
      });
    },
    /** Replaces the fields in `patch`, null deletes one. True once it is in the queue and stored; false where the queue is full. */
    save(patch) {
      const clean = scrub(patch);
      if (!isObject(clean)) throw new TypeError("save: the patch is no object");
      if (sizeOf(clean) > core.s.patchMax) throw new RangeError(`save: the patch has more than ${core.s.patchMax} bytes`);
      isSaved = false;
      counter = Math.max(counter, stored("order") ?? 0) + 1;
      effects.store({ key: "order", value: counter });
      dispatch({ type: "save", patch: clean, order: counter });
      return isSaved;
    },
    /** The first good answer of an endpoint to GET `path`, or null. */
    read: (path) => new Promise((resolve) => {
      const name = "read " + ++reads;
      waiting.set(name, resolve);
      dispatch({ type: "read", name, path });
    }),
    onStatus: on("status"), onState: on("state"), onSaved: on("saved"), onNotice: on("notice"), onTakenOver: on("takenOver"), onContext: on("context"),
    onFailover: on("failover"), onChange: on("change"),
    /** Makes this tab the owner. */
    takeOver: () => own({ steal: true }),
    /** Takes the events of amazon-connect-streams; returns what ends that. */
    attachStreams: (connect, options) => attachStreams(session, connect, options, (event) => dispatch({ type: "ccp", ...event })),
    /** Ends everything here. What waits stays in the storage. */
    close() {
      dispatch({ type: "close" });
      clearTimeout(timer);
      for (const [target, name, listener] of hears) target.removeEventListener(name, listener);
      channel?.close();
      lock.abort();
      release?.();
    },
  };
  return session;
}

const clip = (value, most = 256) => (typeof value === "string" ? value.slice(0, most) : typeof value === "number" || typeof value === "boolean" ? value : undefined);
const timeOf = (date) => attempt(() => new Date(date).toISOString());
const attempt = (f) => { try { return f(); } catch { return undefined; } };

/** Of a softphone report: numbers and flags by name, of a stream's figures the last ones. Nothing else is taken. */
const REPORT = /^(call(Start|End)Time|\w+Millis|\w+(Failure|Failed)|ice\w+(Lost|Attempts|Successes|Retries)|is[A-Z]\w+|rtcJsVersion)$/;
const STREAM = /^(packetsCount|packetsLost|jitterBufferMillis|roundTripTimeMillis|audioLevel)$/;
const figures = (object, names) => Object.fromEntries(Object.entries(object ?? {}).filter(([name]) => names.test(name)).slice(0, 48).map(([name, value]) => [name, clip(value, 32)]));

/**
 * What amazon-connect-streams (2.27 or newer for failovers) tells, as saves of the session: `agent`, `contact.ID` for each open contact,
 * `softphoneError`, `softphoneReport`. Only named members are taken, so that no credential comes along. `attributes`: names of contact attributes
 * to keep; `customerOf(attributes)`: the customer's id.
 */
function attachStreams(session, connect, { attributes = ["customerId"], customerOf = (of) => of.customerId } = {}, tell) {
  let isAttached = true;
  const ends = [];
  const region = () => clip(attempt(() => connect.globalResiliency.getActiveRegion()) ?? undefined);
  const save = (patch) => { if (isAttached) session.save(patch); };
  const listen = (target, names, listener) => {
    for (const name of names) {
      const end = attempt(() => target[name](listener));
      if (end) ends.push(typeof end === "function" ? end : () => end.unsubscribe());
    }
  };

  const agent = (of) => attempt(() => {
    const [state, by] = [of.getState(), of.getConfiguration()];
    save({
      agent: {
        username: clip(by.username), arn: clip(by.agentARN), routingProfile: clip(by.routingProfile?.name), state: clip(state.name), type: clip(state.type),
        since: timeOf(state.startTimestamp), region: region(),
      },
    });
  });
  listen(connect, ["agent"], (of) => {
    agent(of);
    listen(of, ["onStateChange", "onRoutable", "onNotRoutable", "onOffline", "onAfterCallWork"], () => agent(of));
    listen(of, ["onSoftphoneError"], (error) => save({ softphoneError: { type: clip(attempt(() => error.getErrorType()) ?? error?.errorType), region: region() } }));
  });

  const contact = (of) => attempt(() => {
    const values = attempt(() => valuesOf(of.getAttributes())) ?? {};
    const state = of.getState();
    save({
      ["contact." + of.getContactId()]: {
        channel: clip(of.getType()), state: clip(state.type), since: timeOf(state.timestamp), queue: clip(attempt(() => of.getQueue().name)),
        initialContactId: clip(attempt(() => of.getInitialContactId()) ?? undefined), customerId: clip(attempt(() => customerOf(values))), region: region(),
        attributes: Object.fromEntries(attributes.slice(0, 32).map((name) => [name, clip(values[name], 128)])),
      },
    });
  });
  listen(connect, ["contact"], (of) => {
    contact(of);
    listen(of, ["onIncoming", "onConnecting", "onConnected", "onRefresh", "onMissed", "onACW", "onEnded", "onError"], () => contact(of));
    listen(of, ["onDestroy"], () => save({ ["contact." + of.getContactId()]: null }));
  });

  const bus = attempt(() => connect.core.getEventBus());
  const report = attempt(() => connect.EventType.SOFTPHONE_REPORT) ?? "softphone_report";
  listen({ report: (f) => bus.subscribe(report, f) }, ["report"], (told) => save({
    softphoneReport: {
      contactId: clip(told?.contactId), ccpVersion: clip(String(told?.ccpVersion ?? ""), 32), ...figures(told?.report, REPORT),
      streams: (Array.isArray(told?.report?.streamStatistics) ? told.report.streamStatistics : []).slice(-4).map((each) => figures(each, STREAM)), region: region(),
    },
  }));

  const moves = connect.globalResiliency;
  listen(moves, ["onFailoverDetected", "onFailoverPending"], (told) => tell({ state: "moving", region: told?.nextActiveRegion }));
  listen(moves, ["onFailoverCompleted"], (told) => tell({ state: "moved", region: told?.activeRegion }));
  return () => {
    isAttached = false;
    for (const end of ends.splice(0)) attempt(end);
  };
}
