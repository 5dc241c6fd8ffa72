/**
 * A page with a session: example.html?id=ann&east=https://east.example.com&west=https://west.example.com. A real page has its tokens from its identity
 * provider; this one asks `token.json` beside it.
 */
import { createSession } from "./converge-session.js";

const at = (id) => document.getElementById(id);
const wanted = new URLSearchParams(location.search);
const seconds = (ms) => `${Math.floor(ms / 1_000)} s`;

async function getToken({ region, renew }) {
  const answer = await fetch(`token.json?region=${encodeURIComponent(region)}&renew=${renew}`, { cache: "no-store" });
  return (await answer.json()).token;
}

const session = createSession({
  id: wanted.get("id") ?? "ann",
  endpoints: [{ region: "us-east-1", url: wanted.get("east") ?? location.origin }, { region: "us-west-2", url: wanted.get("west") ?? location.origin }],
  agent: { username: wanted.get("id") ?? "ann" },
  getToken,
  settings: JSON.parse(wanted.get("settings") ?? "{}"),
});

function show() {
  const { connected, endpoints, unsaved, unsavedMs, stored, ageMs, owner } = session.status;
  at("connection").textContent = connected ? "connected" : "not connected";
  at("saved").textContent = unsaved === 0 ? "all saved" : `${unsaved} not saved for ${seconds(unsavedMs)}${stored ? "" : ", and not stored"}`;
  at("age").textContent = ageMs === null ? "unknown" : `${seconds(ageMs)} ago`;
  at("tab").textContent = owner ? "owns the session" : "listens to another tab";
  at("endpoints").replaceChildren(...endpoints.map(({ region, state, forMs, preferred }) => {
    const row = document.createElement("tr");
    for (const text of [preferred ? `${region}, first` : region, state, seconds(forMs)]) row.insertCell().textContent = text;
    return row;
  }));
}

session.onStatus(show);
setInterval(show, 1_000);
session.onNotice(({ text }) => { at("notice").textContent = text; });
// What comes from elsewhere is shown where nobody is writing.
let shown = "";
function fill({ notes = "" }) {
  if (at("notes").value === shown) at("notes").value = shown = notes;
}
session.onState(fill);
session.onContext(({ offers, missing }) => {
  at("offers").replaceChildren(...[...offers.map(({ contactId, offer }) => `${offer === "callBack" ? "Call back" : "Resume"}: ${contactId}`), ...missing.map((what) => `Not known: ${what}`)].map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
});
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  shown = at("notes").value;
  session.save({ notes: shown });
});
at("own").addEventListener("click", () => session.takeOver());
if (globalThis.connect) session.attachStreams(globalThis.connect, { attributes: ["customerId"] });

fill((await session.resume()).fields);
globalThis.session = session;
