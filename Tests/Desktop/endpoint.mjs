/** One Region's endpoint as docs/desktop.md asks for it, as a value without I/O: what the world of the property test and the herd are made of. */
export const DAY = 1_767_225_600_000;

const stampOf = (event) => [Date.parse(event.time), event.region, event.id];
export const isNewer = (a, b) => {
  const [x, y] = [stampOf(a), stampOf(b)];
  for (let index = 0; index < 3; index++) if (x[index] !== y[index]) return x[index] > y[index];
  return false;
};

/** The winner of each field. */
export function join(events) {
  const winners = new Map();
  for (const event of events) {
    for (const name of Object.keys(event.data)) {
      const known = winners.get(name);
      if (!known || isNewer(event, known)) winners.set(name, event);
    }
  }
  return winners;
}

export class Endpoint {
  constructor(region, skew) {
    Object.assign(this, { region, skew, accepted: new Map(), events: new Map(), position: 0, changes: [], problems: [] });
  }

  clock(now) { return DAY + Math.floor(now) + this.skew; }

  /** An answer: { status, body, retryAfter, time }. Whoever asks has a good token. */
  answer(method, path, headers, body, now) {
    const time = this.clock(now);
    const answer = (status, value, more = {}) => ({ status, body: value, time, ...more });
    if (method === "PATCH") {
      const key = headers["Idempotency-Key"];
      const [after, before] = [Number(headers["Converge-After"] ?? 0), Number(headers["Converge-Before"] ?? Infinity)];
      if (headers["Content-Type"] !== "application/merge-patch+json" || !key || body.length > 16_384) this.problems.push(`PATCH ${JSON.stringify(headers)}`);
      if (after > time + 300_000) this.problems.push(`Converge-After is ${after - time} ms ahead`);
      const known = this.accepted.get(key);
      if (known) return answer(202, known);
      if (time > before) return answer(412, { title: "too late" });
      const event = {
        specversion: "1.0", id: key, source: "/v1/sessions", type: "converge.session.v1", subject: decodeURIComponent(path.split("/").pop()), region: this.region,
        time: new Date(Math.max(time, after + 1)).toISOString(), data: JSON.parse(body), convergesignature: "signed " + key,
      };
      this.accepted.set(key, event);
      this.apply(event);
      return answer(201, event);
    }
    if (method === "POST" && path === "/v1/events") {
      const event = JSON.parse(body);
      if (event.convergesignature !== "signed " + event.id) return answer(403, {});
      this.apply(event);
      return answer(202, event);
    }
    if (method === "GET" && path.startsWith("/v1/sessions/")) {
      const fields = {};
      let updated = "";
      for (const [name, event] of join(this.events.values())) {
        if (event.data[name] !== null) fields[name] = event.data[name];
        if (event.time > updated) updated = event.time;
      }
      if (this.events.size === 0) return answer(404, { title: "none yet" });
      return answer(200, { data: { id: "s", fields, updatedAt: updated }, asOf: time, ageMs: 0, regions: [this.region] });
    }
    return answer(404, { title: "nothing here" });
  }

  apply(event) {
    const key = `${event.id} ${event.region} ${event.time}`;
    if (this.events.has(key)) return;
    this.events.set(key, event);
    for (const name of Object.keys(event.data)) {
      const change = { position: ++this.position, kind: "session", id: "s", path: `field/${name}`, stamp: { time: event.time, region: event.region, event: event.id } };
      this.changes.push({ event: "change", id: String(change.position), data: JSON.stringify(change) });
    }
    if (this.changes.length > 2_000) this.changes.splice(0, 1_000);
  }

  /** What a stream that comes with `lastId` gets first, and the position it goes on from. */
  resume(lastId) {
    const first = this.position - this.changes.length;
    if (lastId === undefined) return { messages: [{ event: "", id: String(this.position), data: "" }], position: this.position };
    if (Number(lastId) < first || Number(lastId) > this.position) {
      return { messages: [{ event: "reset", id: String(this.position), data: "{}" }], position: this.position };
    }
    return { messages: [], position: Number(lastId) };
  }

  since(position) { return this.changes.filter(({ id }) => Number(id) > position); }
}

/** Random numbers of a seed (mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
