import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createSession } from "../../deploy/desktop/converge-session.js";

const SECRET = "PLANTED";

/** Everything that leaves the module: requests, storage, other tabs. */
function browser() {
  const seen = { requests: [], stored: [], posted: [] };
  const values = new Map();
  const channel = new BroadcastChannel("converge:s:");
  channel.onmessage = ({ data }) => seen.posted.push(JSON.stringify(data));
  channel.unref?.();
  globalThis.fetch = async (url, { method = "GET", headers, body }) => {
    seen.requests.push({ url, method, headers, body: body ?? "" });
    const time = String(Date.now());
    if (method === "GET" && url.includes("/v1/changes")) return new Response(new ReadableStream({}), { status: 200 });
    if (method === "PATCH") {
      return Response.json({ id: headers["Idempotency-Key"], time: new Date().toISOString(), region: "us-east-1", data: JSON.parse(body) }, { status: 201, headers: { "Converge-Time": time } });
    }
    return Response.json(method === "GET" ? { data: { fields: {} }, asOf: Date.now(), ageMs: 0, regions: [] } : {}, { status: method === "GET" ? 200 : 202, headers: { "Converge-Time": time } });
  };
  const storage = {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => { seen.stored.push(value); values.set(key, value); },
    removeItem: (key) => values.delete(key), key: (index) => [...values.keys()][index], get length() { return values.size; },
  };
  open.push(() => channel.close());
  const session = createSession({
    id: "s", endpoints: [{ region: "us-east-1", url: "http://east" }, { region: "us-west-2", url: "http://west" }], getToken: async () => "token", storage, agent: { username: "ann" },
    settings: { coalesce: 1 },
  });
  open.push(() => session.close());
  return { session, seen, values };
}
const open = [];
afterEach(() => { for (const close of open.splice(0)) close(); });

/** Looks like Streams, with credentials wherever its snapshots have some, and some where they have none. */
function streams() {
  const listeners = {};
  const on = (name) => (callback) => {
    (listeners[name] ??= []).push(callback);
    return { unsubscribe: () => listeners[name].splice(listeners[name].indexOf(callback), 1) };
  };
  const onWithFunction = (name) => (callback) => on(name)(callback).unsubscribe;
  const secrets = {
    softphoneMediaInfo: { callType: "audio", callConfigJson: `{"iceServers":[{"credential":"${SECRET}"}],"signalingEndpoint":"wss://${SECRET}"}`, callContextToken: SECRET },
    chatMediaInfo: { participantToken: SECRET, connectionToken: SECRET }, connectionToken: SECRET, getSoftphoneMediaInfo: () => ({ callContextToken: SECRET }),
  };
  const agent = {
    ...secrets,
    getState: () => ({ name: "Available", type: "routable", agentStateARN: "arn:state", startTimestamp: new Date(1_767_225_600_000), ...secrets }),
    getConfiguration: () => ({ username: "ann", name: "Ann", agentARN: "arn:ann", routingProfile: { name: "Basic", ...secrets }, permissions: [], extension: SECRET, ...secrets }),
    getContacts: () => [{ ...secrets }], toSnapshot: () => secrets,
    onStateChange: on("state"), onSoftphoneError: on("softphoneError"),
  };
  const contact = {
    ...secrets,
    getContactId: () => "c1", getInitialContactId: () => "c0", getType: () => "voice", getState: () => ({ type: "connected", timestamp: new Date(1_767_225_601_000), ...secrets }),
    getQueue: () => ({ name: "Billing", queueARN: "arn:q", ...secrets }), getConnections: () => [{ ...secrets, endpoint: { phoneNumber: SECRET } }],
    getAttributes: () => ({
      customerId: { name: "customerId", value: "maya" }, step: { name: "step", value: "payment" }, pin: { name: "pin", value: SECRET }, participantToken: { name: "participantToken", value: SECRET },
      turn: { name: "turn", value: `turn:${SECRET}@10.0.0.1` }, long: { name: "long", value: "x".repeat(30_000) },
    }),
    onRefresh: on("refresh"), onConnected: on("connected"), onDestroy: on("destroy"),
  };
  const connect = {
    agent: (callback) => callback(agent), contact: (callback) => callback(contact), EventType: { SOFTPHONE_REPORT: "softphone_report" },
    core: { getEventBus: () => ({ subscribe: (name, callback) => on(name)(callback) }) },
    globalResiliency: {
      getActiveRegion: () => "us-east-1", onFailoverDetected: onWithFunction("detected"), onFailoverPending: onWithFunction("pending"), onFailoverCompleted: onWithFunction("completed"),
    },
  };
  return { connect, fire: (name, value) => { for (const listener of [...(listeners[name] ?? [])]) listener(value); }, count: () => Object.values(listeners).reduce((sum, each) => sum + each.length, 0) };
}

async function until(what, holds) {
  for (let count = 0; count < 1_000; count++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(what);
}

test("what Streams tells is saved, by name: agent, contacts, softphone errors and figures", async () => {
  const { session } = browser();
  const { connect, fire } = streams();
  session.attachStreams(connect, { attributes: ["customerId", "step", "turn", "long"] });
  await until("the agent is not saved", () => session.status.unsaved === 0 && session.state.agent);
  assert.deepEqual(session.state.agent, {
    username: "ann", arn: "arn:ann", routingProfile: "Basic", state: "Available", type: "routable", since: "2026-01-01T00:00:00.000Z", region: "us-east-1",
  });
  const { attributes, ...contact } = session.state["contact.c1"];
  assert.deepEqual(contact, {
    channel: "voice", state: "connected", since: "2026-01-01T00:00:01.000Z", queue: "Billing", initialContactId: "c0", customerId: "maya", region: "us-east-1",
  });
  assert.deepEqual([attributes.customerId, attributes.step, attributes.long.length, Object.keys(attributes).length], ["maya", "payment", 128, 3]);
  fire("softphoneError", { getErrorType: () => "microphone_not_shared", getErrorMessage: () => SECRET, getEndPointUrl: () => SECRET });
  fire("softphone_report", {
    contactId: "c1", ccpVersion: "2.0", report: {
      callStartTime: "2026-01-01T00:00:01Z", talkingTimeMillis: 4_000, iceCollectionFailure: false, iceConnectionsLost: 2, isPersistentPeerConnection: true, callConfigJson: SECRET, iceServers: [SECRET],
      streamStatistics: [{ packetsCount: 100, packetsLost: 3, roundTripTimeMillis: 80, credential: SECRET, softphoneStreamType: "audio_input" }], logs: SECRET,
    },
  });
  assert.deepEqual(session.state.softphoneError, { type: "microphone_not_shared", region: "us-east-1" });
  assert.deepEqual(session.state.softphoneReport, {
    contactId: "c1", ccpVersion: "2.0", callStartTime: "2026-01-01T00:00:01Z", talkingTimeMillis: 4_000, iceCollectionFailure: false, iceConnectionsLost: 2, isPersistentPeerConnection: true,
    streams: [{ packetsCount: 100, packetsLost: 3, roundTripTimeMillis: 80 }], region: "us-east-1",
  });
  fire("destroy");
  assert.equal("contact.c1" in session.state, false);
});

test("no credential of a call, of TURN or of a chat is sent, stored or told to other tabs", async () => {
  const { session, seen } = browser();
  const { connect, fire } = streams();
  session.attachStreams(connect, { attributes: ["customerId", "participantToken", "turn"] });
  for (const name of ["state", "refresh", "connected", "softphoneError"]) fire(name, { getErrorType: () => "webrtc_error", message: SECRET });
  session.save({ notes: "n", softphoneMediaInfo: { callContextToken: SECRET }, deep: [{ connectionToken: SECRET, iceServers: [{ credential: SECRET }] }], text: `turn:${SECRET}` });
  await until("not all is saved", () => session.status.unsaved === 0 && session.status.relays === 0 && seen.posted.length > 0);
  const all = JSON.stringify(seen);
  assert.ok(all.includes("maya") && all.includes("notes"), "nothing was sent");
  assert.equal(all.includes(SECRET), false, all.slice(Math.max(0, all.indexOf(SECRET) - 200), all.indexOf(SECRET) + 20));
  assert.ok(seen.requests.every(({ body, url }) => body.length < 16_384 && !url.includes("token")));
});

test("saves are under 16 KB whatever Streams tells, and a larger patch is refused", async () => {
  const { session, seen } = browser();
  const { connect } = streams();
  session.attachStreams(connect, { attributes: Array.from({ length: 500 }, (_, index) => `a${index}`).concat("long") });
  await until("not all is saved", () => session.status.unsaved === 0);
  assert.ok(seen.requests.filter(({ method }) => method === "PATCH").every(({ body }) => body.length < 16_384));
  assert.throws(() => session.save({ form: "x".repeat(20_000) }), RangeError);
  assert.throws(() => session.save("text"), TypeError);
});

test("CCP's events of a failover are told, and detaching ends all of it", async () => {
  const { session } = browser();
  const { connect, fire, count } = streams();
  const told = [];
  session.onFailover(({ state, region, by }) => told.push([state, region, by]));
  const detach = session.attachStreams(connect);
  await until("not the owner", () => session.status.owner);
  fire("detected", { nextActiveRegion: "us-west-2" });
  fire("completed", { activeRegion: "us-west-2", activeCcpUrl: "https://west" });
  assert.deepEqual(told, [["moving", "us-west-2", "ccp"], ["moved", "us-west-2", "ccp"]]);
  assert.ok(count() > 6);
  detach();
  assert.equal(count(), 0);
});

test("a Streams without failovers, or broken in parts, harms nothing", () => {
  const { session } = browser();
  session.attachStreams({ agent: (callback) => callback({ getState: () => { throw new Error("not yet"); } }), contact: (callback) => callback({}) })();
});
