// The first page: is it working from end to end, how do both Regions stand, what does the controller think, and what would happen.
import { html, Age, Badge, Count, DataTable, Facts, Figure, Go, Health, Panel, Time, staleMs, useTitle } from "../core/ui.js";
import { LagChart } from "../core/chart.js";
import { useQuery } from "../core/query.js";
import { useMe } from "../core/me.js";
import { formatDuration, since, useTick } from "../core/time.js";
import { groupName, phases, safety, Shares, verdictsOf } from "./standing.js";

const every = 2_000;
const staleProbe = 120_000;

export function Home() {
  useTitle("Overview");
  const me = useMe();
  const status = useQuery(me?.hasFailover ? "/v1/failover/status" : null, { every, kinds: ["failover"] });
  const probes = useQuery("/v1/probes", { every: 5_000 });
  const lag = useQuery("/v1/lag", { every: 5_000 });
  const summary = useQuery("/v1/summary", { every, kinds: ["agent", "contact"] });
  const regions = useQuery("/v1/regions", { every: 5_000 });
  const preflight = useQuery(me?.hasFailover ? "/v1/preflight" : null, { every: 15_000 });
  const names = regionNames(me, regions.data, summary.data);
  return html`
    <h1 class="hidden">Overview of both Regions</h1>
    <${Verdict} me=${me} status=${status} probes=${probes} />
    <div class="grid">
      ${names.map((name) => html`<${Region} key=${name} name=${name} me=${me} status=${status} summary=${summary} regions=${regions} lag=${lag} />`)}
      <${Probes} query=${probes} />
      <${Traffic} query=${status} me=${me} names=${names} />
      <${Lag} query=${lag} />
      <${Thinking} query=${status} preflight=${preflight} me=${me} />
      <${QueuesPanel} query=${summary} names=${names} />
    </div>`;
}

function regionNames(me, regions, summary) {
  const names = new Set([...(me?.regions ?? []), ...(regions ?? []).map((each) => each.name)]);
  for (const name of Object.keys(summary?.agents.regions ?? {})) names.add(name);
  names.delete("");
  return [...names].sort();
}

/** One sentence: is it working, and if not, which Region is sick and why. */
function Verdict({ me, status, probes }) {
  useTick();
  const items = probes.data?.items ?? [];
  const fresh = (probe) => probe.ageMs !== null && probe.ageMs <= staleProbe;
  const bad = items.filter((probe) => probe.state === "unhealthy" && fresh(probe));
  const ends = items.filter((probe) => probe.isEndToEnd);
  const unknown = ends.filter((probe) => probe.state === "unknown" || !fresh(probe));
  const regions = status.data?.thinking?.evaluation?.regions ?? {};
  const sick = Object.entries(regions).filter(([, each]) => each.state === "unhealthy");
  if (probes.problem?.kind === "absent") {
    return html`<section class="verdict unknown" aria-label="Is it working"><p><${Badge} tone="unknown">unknown<//> Nobody here looks at the Regions: ${probes.problem.detail}.</p></section>`;
  }
  if (!probes.answer) {
    return html`<section class="verdict unknown" aria-label="Is it working"><p><${Badge} tone="unknown">unknown<//> ${probes.problem ? "The probes could not be read." : "Asking."}</p></section>`;
  }
  const isOld = probes.ageMs > 30_000;
  const tone = isOld ? "unknown" : sick.length || bad.some((probe) => probe.isEndToEnd) ? "bad" : bad.length || unknown.length ? "warn" : "ok";
  const text = isOld
    ? `What was known ${formatDuration(probes.ageMs)} ago says nothing of now.`
    : sick.length
      ? `${sick.map(([name]) => name).join(" and ")} does not serve.`
      : bad.some((probe) => probe.isEndToEnd)
        ? "Something does not get through from end to end."
        : bad.length
          ? "Contacts get through; a part complains."
          : unknown.length
            ? "Nothing complains, but not everything is known."
            : "Working from end to end in both Regions.";
  const words = { ok: "working", warn: "look here", bad: "not working", unknown: "unknown" };
  return html`<section class=${`verdict ${tone}`} aria-label="Is it working">
    <p class="headline"><${Badge} tone=${tone}>${words[tone]}<//> <strong>${text}</strong></p>
    ${bad.length ? html`<ul>${bad.map((probe) => html`<li key=${probe.name + probe.source + probe.region}>${probe.region}, ${probe.name} (${probe.source}): ${probe.evidence}${probe.since ? html`, since <${Time} at=${probe.since} />` : ""}</li>`)}</ul>` : null}
    ${sick.map(([name, each]) => html`<p key=${name}>Why ${name}: ${each.complaints.join("; ") || "see the signals"}</p>`)}
    ${!bad.length && unknown.length ? html`<p>Not known: ${unknown.map((probe) => `${probe.name} of ${probe.region}`).join(", ")}.</p>` : null}
    <p><${Age} ms=${probes.ageMs} />${me?.hasFailover ? html` · <${Go} to=${["failover"]}>Is it safe to move now?<//>` : null}</p>
  </section>`;
}

function Region({ name, me, status, summary, regions, lag }) {
  useTick();
  const verdict = verdictsOf(status.data, name);
  const agents = summary.data?.agents.regions[name];
  const contacts = summary.data?.contacts.regions[name];
  const fact = regions.data?.find((each) => each.name === name);
  const factAge = since(fact?.newestFact);
  const ingest = lag.data?.ingest.find((each) => each.region === name || (each.region === "" && me?.region === name));
  // What a Region tells of its agents is as old as its newest fact, and of a Region that is not heard it is what was.
  const isStale = summary.answer?.stale === true || factAge > 60_000 || (status.data && !verdict.alive);
  const total = contacts ? phases.reduce((sum, phase) => sum + (contacts[phase] ?? 0), 0) : summary.data ? 0 : null;
  return html`<${Panel} title=${name} query=${summary} more=${name === me?.region ? html`<${Badge} tone="info">this server<//>` : null}>
    <p>${verdict.alive ? html`<${Health} state=${verdict.state} />` : html`<${Badge} tone="unknown">unreachable<//>`} ${verdict.text}</p>
    <dl class="figures">
      <${Figure} label="Agents online" value=${agents?.online ?? (summary.data ? 0 : null)} isStale=${isStale}>
        ${agents?.offline ? html`<${Go} to=${["agents"]} query=${{ presence: "offline", region: name }}>${agents.offline} offline<//>` : null}<//>
      <${Figure} label="Agents unknown" value=${agents?.unknown ?? (summary.data ? 0 : null)} isStale=${isStale}><//>
      <${Figure} label="Contacts live" value=${total} isStale=${isStale}>
        <${Go} to=${["contacts"]} query=${{ region: name }}>which<//><//>
    </dl>
    <${Facts} items=${[
      ["Not heard of for 5 minutes", html`<${Go} to=${["agents"]} query=${{ region: name, stale: "true" }}>agents that have not come back<//>`],
      ["Newest fact", fact?.newestFact ? html`<span class=${factAge > 60_000 ? "age stale" : ""}>${formatDuration(factAge)} old</span>` : null],
      ["Behind its streams", ingest && ingest.lagMs !== null ? html`<${Told} ms=${ingest.lagMs} ageMs=${ingest.ageMs} />` : (ingest?.why ?? null)],
      ["Contacts waiting", contacts ? html`<${Count} value=${contacts.QUEUED ?? 0} />` : summary.data ? "0" : null],
    ]} />
  <//>`;
}

/** A lag that somebody else told: what is old says when it was so, and is no figure of now. */
function Told({ ms, ageMs }) {
  return html`<span class=${ageMs > staleMs ? "unknown" : ""}>${formatDuration(ms)}</span>${ageMs > 5_000 ? html` <span class=${`age ${ageMs > staleMs ? "stale" : ""}`}>told ${formatDuration(ageMs)} ago</span>` : null}`;
}

function Probes({ query }) {
  const items = query.data?.items ?? [];
  const columns = [
    { title: "What", cell: (probe) => probe.name },
    { title: "Region", cell: (probe) => probe.region },
    { title: "State", cell: (probe) => html`<${Health} state=${probe.state} isStale=${probe.state !== "unknown" && (probe.ageMs === null || probe.ageMs > staleProbe)} />` },
    { title: "Says", cell: (probe) => probe.evidence },
    { title: "Age", isNumber: true, cell: (probe) => formatDuration(probe.ageMs) },
  ];
  const key = (probe) => `${probe.name} ${probe.source} ${probe.region}`;
  return html`<${Panel} title="Probes" query=${query} isWide>
    <h3>From end to end</h3>
    <${DataTable} caption="What follows a contact or a fact through everything" columns=${columns} rows=${items.filter((probe) => probe.isEndToEnd)} rowKey=${key}
      empty=${query.answer ? "Nobody probes from end to end." : ""} />
    <details open=${items.some((probe) => !probe.isEndToEnd && probe.state === "unhealthy")}>
      <summary>Parts (${items.filter((probe) => !probe.isEndToEnd).length}): a part that is well says nothing of the whole</summary>
      <${DataTable} caption="What asks one part how it is" columns=${columns} rows=${items.filter((probe) => !probe.isEndToEnd)} rowKey=${key} />
    </details>
  <//>`;
}

function Traffic({ query, me, names }) {
  if (me && !me.hasFailover) return html`<${Panel} title="Traffic"><p class="empty">This process watches over no failover (failover.regions is not set), so it does not know who has the traffic.</p><//>`;
  const wanted = query.data?.control?.newest;
  const real = query.data?.groups;
  return html`<${Panel} title="Traffic" query=${query}>
    ${real === null ? html`<p class="unknown">What is in force is unknown: Amazon Connect has not been asked yet, or does not answer.</p>` : null}
    ${(real ?? wanted?.groups ?? []).map((group) => html`<${Shares} key=${group.group} name=${groupName(group.group)} names=${names}
      wanted=${wanted?.groups.find((each) => each.group === group.group)} real=${real ? group : null} />`)}
    ${query.data ? html`<p class="age">In force as of ${query.data.groupsAgeMs === null ? "unknown" : `${formatDuration(query.data.groupsAgeMs)} ago`};
      wanted by ${wanted ? html`term ${wanted.term}, ${wanted.author}, <${Time} at=${wanted.proposedAt} />` : "nobody yet"}.</p>` : null}
  <//>`;
}

function Lag({ query }) {
  const lag = query.data;
  const trend = lag?.trend;
  return html`<${Panel} title="Lag" query=${query}>
    <ul class="plain">${(lag?.links ?? []).map((link) => html`<li key=${link.from + link.to}>${link.from} to ${link.to}:
      ${link.lagMs === null ? html` <span class="unknown">unknown: ${link.why}</span>` : html` <strong><${Told} ms=${link.lagMs} ageMs=${link.ageMs} /></strong>`}</li>`)}</ul>
    ${lag && lag.links.length === 0 ? html`<p class="note">There is no replication here to measure: the state is in one store.</p>` : null}
    ${trend?.begin ? html`<${LagChart} title="Lag of the last hour" begin=${Date.parse(trend.begin)} stepMs=${trend.stepMs}
      series=${trend.series.map((each) => ({ name: each.kind === "link" ? `${each.from} to ${each.to}` : `${each.to || "here"} behind its streams`, values: each.values }))} />` : null}
  <//>`;
}

function Thinking({ query, preflight, me }) {
  if (me && !me.hasFailover) return null;
  const data = query.data;
  const thinking = data?.thinking;
  const held = thinking?.evaluation?.rules.find((rule) => !rule.holds);
  const plan = data?.control?.plan;
  const answer = safety(data, preflight.data);
  return html`<${Panel} title="What the controller thinks" query=${query}>
    ${data ? html`<${Facts} items=${[
      ["Is it safe to move now", html`<${Badge} tone=${answer.tone}>${answer.word}<//> ${answer.text}`],
      ["Mode", data.mode],
      ["It is", thinking?.phase],
      ["What holds a move back", held ? html`<strong>${held.rule}</strong>: ${held.says}` : thinking?.evaluation ? "nothing: every rule calls for a move" : null],
      data.control?.hold ? ["Held", html`by ${data.control.hold.by}: ${data.control.hold.why}, <${Time} at=${data.control.hold.at} />`] : null,
      data.control?.proposed ? ["Proposed", html`<${Go} to=${["failover"]}>a move to ${data.control.proposed.actor} awaits a yes or no<//>`] : null,
      plan && plan.state !== "done" ? ["Return", `to ${plan.region}: ${plan.state}${plan.evidence ? `: ${plan.evidence}` : ""}`] : null,
    ]} />` : null}
    <p><${Go} to=${["failover"]}>Failover: plan, approve, move, return<//></p>
  <//>`;
}

function QueuesPanel({ query, names }) {
  const queues = query.data?.contacts.queues ?? [];
  const waiting = (queue) => Object.values(queue.regions).reduce((sum, each) => sum + (each.QUEUED ?? 0), 0);
  const rows = [...byName(queues)].sort((one, other) => waiting(other) - waiting(one) || one.name.localeCompare(other.name)).slice(0, 10);
  return html`<${Panel} title="Queues" query=${query} isWide>
    <${DataTable} caption="Contacts by queue and Region, those that wait first" rows=${rows} rowKey=${(queue) => queue.name}
      empty=${query.answer ? "No contact is in a queue." : ""}
      columns=${[
        { title: "Queue", cell: (queue) => queue.name },
        ...names.flatMap((name) => [
          { title: `${name}, waiting`, isNumber: true, cell: (queue) => html`<${Count} value=${queue.regions[name]?.QUEUED ?? 0} />` },
          { title: `${name}, with an agent`, isNumber: true, cell: (queue) => html`<${Count} value=${queue.regions[name]?.CONNECTED_TO_AGENT ?? 0} />` },
        ]),
      ]} />
    <p><${Go} to=${["queues"]}>All queues<//></p>
  <//>`;
}

/** Queues of one name in both Regions are one row: their ARNs differ by the Region. */
export function byName(queues) {
  const found = new Map();
  for (const queue of queues) {
    const name = queue.name ?? queue.arn ?? "without a name";
    const row = found.get(name) ?? { name, regions: {} };
    for (const [region, phasesThere] of Object.entries(queue.regions)) {
      row.regions[region] ??= {};
      for (const [phase, count] of Object.entries(phasesThere)) row.regions[region][phase] = (row.regions[region][phase] ?? 0) + count;
    }
    found.set(name, row);
  }
  return found.values();
}
