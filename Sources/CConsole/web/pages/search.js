// One box for everything: agents by id, ARN, username or a part of a name; contacts and customers by id; customers by phone number, e-mail address or chat identity.
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { Badge, Go, Panel, useTitle } from "../core/ui.js";
import { ask, Problem } from "../core/api.js";
import { go } from "../core/router.js";
import { may } from "../core/me.js";
import { useLooked } from "../core/looked.js";
import { AgentTable } from "./agents.js";

const isNumber = (text) => /^\+?[\d\s().-]{6,20}$/.test(text);

export function Search() {
  useTitle("Search");
  const [places, setPlaces] = useState([]);
  const text = useLooked();
  useEffect(() => {
    if (!text) return undefined;
    const stop = new AbortController();
    setPlaces([]);
    look(text, stop.signal).then((found) => {
      if (stop.signal.aborted) return;
      setPlaces(found);
      const hits = found.filter((place) => place.to);
      if (hits.length === 1 && found.every((place) => place.to || place.problem === null || place.problem.kind === "absent")) {
        // In this page's place: who goes back comes to where they looked from, and not here, which would lead on again.
        const [path, options] = hits[0].to;
        go(path, options, { replace: true });
      }
    });
    return () => stop.abort();
  }, [text]);
  return html`<${Panel} title="Search" level=${1}>
    ${text ? html`<p>Looked for <code>${text}</code>.</p>` : html`<p class="empty">Type into the box at the top: an agent's id, ARN or name, a contact's id, a customer's id, a phone number, an e-mail address.</p>`}
    ${text && places.length === 0 ? html`<p class="loading">Looking</p>` : null}
    <ul class="plain" aria-live="polite">${places.map((place) => html`<li key=${place.name}><strong>${place.name}</strong>: ${place.to
      ? html`<${Go} to=${place.to[0]} query=${place.to[1]}>${place.label}<//>`
      : place.agents?.length
        ? `${place.agents.length} agents${place.isMore ? " and more" : ""}`
        : place.problem && place.problem.kind !== "absent"
          ? html`<${Badge} tone="unknown">could not be asked<//> ${place.problem.detail}`
          : html`<span class="empty">not there</span>`}</li>`)}</ul>
    ${places.filter((place) => place.agents?.length > 1).map((place) => html`<${AgentTable} key=${place.name} caption=${place.name} items=${place.agents} />`)}
  <//>`;
}

/** At most six requests, each bounded; what cannot be asked is told apart from what is not there. */
async function look(text, signal) {
  const id = encodeURIComponent(text);
  const places = [];
  const one = async (name, path, to, label = () => text) => {
    try {
      const answer = await ask(path, { signal });
      places.push({ name, to: to(answer.data), label: label(answer.data), problem: null });
    } catch (problem) {
      if (problem instanceof Problem) places.push({ name, problem });
    }
  };
  const isId = !/\s/.test(text) && !isNumber(text) && !text.includes("@");
  const jobs = [];
  if (isId) {
    jobs.push(one("Contact by id", `/v1/contacts/${id}`, (data) => [["contact", data.id]]));
    jobs.push(one("Customer by id", `/v1/customers/${id}`, (data) => [["customer", data.id]]));
    if (text.includes("/")) jobs.push(one("Agent by id", `/v1/agents/${id}`, (data) => [["agent", data.id]], (data) => data.username ?? data.id));
  }
  if (may("read:personal")) {
    jobs.push((async () => {
      try {
        const { data } = await ask(`/v1/agents?limit=25&name=${id}`, { signal });
        const exact = data.items.filter((agent) => agent.username?.toLowerCase() === text.toLowerCase());
        const agents = exact.length === 1 ? exact : data.items;
        if (agents.length === 1) places.push({ name: "Agent by name", to: [["agent", agents[0].id]], label: agents[0].username ?? agents[0].id, problem: null });
        else places.push({ name: "Agents by name", agents, isMore: data.next !== null, problem: null });
      } catch (problem) {
        if (problem instanceof Problem) places.push({ name: "Agents by name", problem });
      }
    })());
    const alias = isNumber(text) ? "phone" : text.includes("@") ? "email" : null;
    if (alias) {
      jobs.push((async () => {
        try {
          const { data } = await ask("/v1/lookups", { method: "POST", body: { [alias]: text }, signal });
          const customer = data.customers[0];
          const contact = data.contacts[0];
          if (customer) places.push({ name: "Customer by " + alias, to: [["customer", customer.id ?? customer]], label: customer.id ?? customer, problem: null });
          else if (contact) places.push({ name: "Newest contact from there", to: [["contact", contact.id ?? contact]], label: contact.id ?? contact, problem: null });
          else places.push({ name: "Customer by " + alias, problem: null });
        } catch (problem) {
          if (problem instanceof Problem) places.push({ name: "Customer by " + alias, problem });
        }
      })());
    }
  }
  await Promise.all(jobs);
  return places;
}
