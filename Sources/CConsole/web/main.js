// The console: its frame, and which page is where. See README.md beside this file for how it is put together.
import { html, render, useState, useEffect, useRef } from "./vendor/preact-htm.js";
import { changesTold, start as startLive, useLive } from "./core/live.js";
import { comeBack, load as loadMe, logIn, logOut, useMe } from "./core/me.js";
import { go, usePlace } from "./core/router.js";
import { set, themes, useSettings } from "./core/settings.js";
import { formatDuration, serverNow, useTick, zoneName } from "./core/time.js";
import { Badge, Go, grouped, Trouble } from "./core/ui.js";
import { lookFor } from "./core/looked.js";
import { Home } from "./pages/home.js";

/** Pages by the first part of their address; each gets the rest of it and the query. The first page comes with the frame, others when they are gone to. */
const pages = {
  "": Home,
  agents: () => import("./pages/agents.js").then((it) => it.Agents),
  agent: () => import("./pages/agent.js").then((it) => it.Agent),
  contacts: () => import("./pages/contacts.js").then((it) => it.Contacts),
  contact: () => import("./pages/contact.js").then((it) => it.Contact),
  customer: () => import("./pages/customer.js").then((it) => it.Customer),
  queues: () => import("./pages/queues.js").then((it) => it.Queues),
  explain: () => import("./pages/explain.js").then((it) => it.Explain),
  search: () => import("./pages/search.js").then((it) => it.Search),
  streams: () => import("./pages/streams.js").then((it) => it.Streams),
  letters: () => import("./pages/letters.js").then((it) => it.Letters),
  failover: () => import("./pages/failover.js").then((it) => it.Failover),
  term: () => import("./pages/term.js").then((it) => it.Term),
  configuration: () => import("./pages/configuration.js").then((it) => it.Configuration),
  preflight: () => import("./pages/preflight.js").then((it) => it.Preflight),
  help: () => import("./pages/help.js").then((it) => it.Help),
};
const loaded = { "": Home };

async function load(name) {
  loaded[name] ??= await pages[name]();
  return loaded[name];
}

/** Once the first page stands all others are fetched: a server that is lost later takes no page away. */
function loadAll() {
  const begin = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 2_000));
  begin(async () => {
    for (const name of Object.keys(pages)) await load(name).catch(() => {});
  });
}

/** `key` has to be the name. */
function Page({ name, path, query }) {
  const [, draw] = useState(0);
  const [isLost, setLost] = useState(false);
  const isKnown = Object.hasOwn(pages, name);
  const Found = loaded[name];
  useEffect(() => {
    if (isKnown && !Found) load(name).then(() => draw(1), () => setLost(true));
  }, []);
  if (!isKnown) return html`<h1>There is no such page</h1><p><${Go} to=${[]}>Overview<//></p>`;
  if (isLost) return html`<h1>This page is not here yet</h1><${Trouble} problem=${{ kind: "unreachable", detail: "It could not be loaded." }} again=${() => location.reload()} />`;
  return Found ? html`<${Found} path=${path} query=${query} />` : html`<p class="loading">Loading</p>`;
}

const menu = [
  ["", "Overview"], ["agents", "Agents"], ["contacts", "Contacts"], ["queues", "Queues"], ["streams", "Streams"], ["letters", "Dead letters"],
  ["failover", "Failover"], ["preflight", "Preflight"], ["configuration", "Configuration"],
];

function SearchBox() {
  const box = useRef(null);
  const [text, setText] = useState("");
  useEffect(() => {
    const pressed = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      box.current.focus();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return html`<form role="search" onSubmit=${(event) => { event.preventDefault(); if (text.trim()) lookFor(text.trim()); }}>
    <label class="hidden" for="search">Search agents, contacts, customers</label>
    <input id="search" ref=${box} type="search" placeholder="Search (/)" autocomplete="off" spellcheck=${false} value=${text}
      onInput=${(event) => setText(event.target.value)} />
  </form>`;
}

const isTyping = (target) => target.matches?.("input, textarea, select, [contenteditable]");

function Frame() {
  const here = usePlace();
  const me = useMe();
  const name = here.path[0] ?? "";
  const main = useRef(null);
  const first = useRef(true);
  const at = here.path.join("/");
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      scrollTo(0, 0);
      main.current.focus();
    }
  }, [at]);
  useEffect(() => {
    const pressed = (event) => {
      if (event.key === "?" && !isTyping(event.target)) go("help");
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>Skip to the content</a>
    <header class="top">
      <${Go} to=${[]} class="name">Converge${me?.region ? html` <span>${me.region}</span>` : null}<//>
      <nav aria-label="Pages"><ul>${menu.map(([path, title]) => html`<li key=${path}>
        <${Go} to=${path ? [path] : []} aria-current=${path === name ? "page" : null}>${title}<//></li>`)}</ul></nav>
      <${SearchBox} />
      <${Switches} />
    </header>
    <${Notices} me=${me} />
    <main id="main" tabindex="-1" ref=${main}>
      <${Page} key=${name} name=${name} path=${here.path.slice(1)} query=${here.query} />
    </main>
    <${Foot} me=${me} />`;
}

function Switches() {
  const settings = useSettings();
  return html`<div class="switches">
    <button type="button" aria-pressed=${settings.zone === "local"} title="Times on this page: UTC or local"
      onClick=${() => set("zone", settings.zone === "utc" ? "local" : "utc")}>Times: ${zoneName()}</button>
    <button type="button" title="Colours: as the system has it, light, dark"
      onClick=${() => set("theme", themes[(themes.indexOf(settings.theme) + 1) % themes.length])}>Colours: ${settings.theme}</button>
  </div>`;
}

/** What must be known on every page: no protection, a lost server, a log-in that ends. */
function Notices({ me }) {
  const live = useLive();
  useTick();
  const left = me?.expiresAt ? new Date(me.expiresAt) - serverNow() : null;
  const failover = live.failover;
  return html`<section class="notices" aria-label="Notices">
    ${failover && failover.state !== "none" ? html`<p class="notice warn" role="alert"><strong>Traffic is ${failover.state === "moved" ? "moved" : failover.state}.</strong>
      ${" "}Term ${failover.term}: ${failover.why ?? ""} <${Go} to=${["failover"]}>Failover<//></p>` : null}
    ${me?.isInsecure ? html`<p class="notice warn"><strong>Not protected.</strong> http.insecure is on${me.insecure ? `: without ${me.insecure}` : ""}. Whoever reaches this port reads the state.</p>` : null}
    ${live.status === "lost" ? html`<p class="notice bad" role="alert"><strong>This server does not answer</strong> since ${formatDuration(performance.now() - live.since)}; trying again.
      ${" "}What you see is as old as it says. Is the Region gone? Open the console of the other Region.</p>` : null}
    ${live.status === "login" || (left !== null && left <= 0) ? html`<p class="notice bad" role="alert">You are not logged in. <a href="login" onClick=${logIn}>Log in</a></p>` : null}
    ${left !== null && left > 0 && left < 300_000 ? html`<p class="notice warn" role="status">Your log-in ends in ${formatDuration(left)}. <a href="login" onClick=${logIn}>Log in again</a></p>` : null}
  </section>`;
}

function Foot({ me }) {
  const live = useLive();
  useTick();
  const words = {
    connecting: ["unknown", "connecting"], live: ["ok", "live"], lost: ["bad", "no connection"], off: ["info", "no changes here, asks every few seconds"],
    login: ["bad", "not logged in"],
  };
  const [tone, text] = words[live.status];
  return html`<footer class="foot">
    <${Badge} tone=${tone}>${text}<//>
    <span>${grouped(changesTold())} changes told</span>
    ${me ? html`<span>${me.process ?? "converge"} ${me.version}</span>
      <span>${me.login === "none" ? "no log-in: on this machine everybody may do everything" : (me.subject ?? "not logged in")}</span>
      ${me.login === "session" ? html`<button type="button" class="plain" onClick=${logOut}>Log out</button>` : null}` : null}
    <${Go} to=${["help"]}>Help (?)<//>
  </footer>`;
}

comeBack();
loadMe();
startLive();
document.getElementById("app").replaceChildren();
render(html`<${Frame} />`, document.getElementById("app"));
loadAll();
