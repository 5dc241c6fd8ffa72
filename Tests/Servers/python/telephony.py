"""Callers and agents of a pair, by the shares in force: a value that is told how late it is and says which events there are.

A caller comes to a number of a group and lands in a Region by the group's telephony shares. Where that Region is dead, the caller is
lost. A contact is INITIATED, and QUEUED after `flowSeconds`; an available agent takes it (CONNECTED_TO_AGENT) for `talkSeconds`
(DISCONNECTED, COMPLETED); where none comes within `patienceSeconds` it is DISCONNECTED. Contacts stay in their Region whatever the
shares do; those of a Region that dies are dropped without a word.

An agent works in the Region that the agents' shares of its group give it (a group without an agent's share leaves it where it is).
When that changes it ends its contact, signs out (LOGOUT), and after `moveSeconds` is there (LOGIN, and the first STATE_CHANGE once it has
set itself Available, `availableSeconds` later). HEART_BEAT comes every `heartbeatSeconds`. In a dead Region nothing is told.

With global routing contact events appear in both Regions, a contact goes to an agent of the other Region where its own has none
(unless a Region is isolated), and agent events come where the agent is active.
"""
import heapq
import random
import uuid
from collections import Counter, deque

from contact_events import Writer

# Changes that are remembered, and callers that wait in a Region: one more hangs up at once.
CHANGES_MAX, QUEUE_MAX = 1000, 10_000


class Agent:
    def __init__(self, user, region):
        self.user, self.region = user, region
        self.status, self.status_since = "Offline", 0
        self.contact = self.told = None
        # Where it is to work; None: it stays.
        self.bound_for = None
        # Of what is planned for it, only the newest plan is carried out.
        self.plan = 0

    @property
    def is_idle(self):
        return self.status == "Available" and self.contact is None and self.bound_for is None


class Contact:
    def __init__(self, id, origin, group, is_global, now):
        self.id, self.origin, self.group, self.is_global = id, origin, group, is_global
        self.initiated, self.queued, self.connected, self.disconnected = now, now, 0, 0
        self.agent = None


class Telephony:
    SETTINGS = {
        "flowSeconds": (0.1, 0.3), "talkSeconds": (5, 15), "patienceSeconds": (20, 60), "moveSeconds": (1, 3),
        "availableSeconds": (1, 3), "heartbeatSeconds": 120,
    }

    def __init__(self, pair, seed=1, is_global=False, does_share_id=True):
        self.pair, self.is_global, self.does_share_id = pair, is_global, does_share_id
        self.dice = random.Random(seed)
        self.writer = Writer(pair, self.dice)
        self.settings = dict(Telephony.SETTINGS)
        self.agenda, self.number, self.now = [], 0, 0
        self.is_alive = dict.fromkeys(pair.regions, True)
        self.agents = {user["Id"]: Agent(user, pair.source) for user in pair.users}
        self.waiting = {region: deque() for region in pair.regions}
        self.under_way = set()
        self.rates = {}
        # By group: what of a caller each Region is owed, and the distribution that was followed last.
        self.owed, self.followed = {}, {}
        # By group: its newest change.
        self.newest_change = {}
        self.is_open = False
        self.figures = {region: Counter() for region in pair.regions}
        self.last_event = dict.fromkeys(pair.regions)
        self.changes = deque(maxlen=CHANGES_MAX)
        # (Region, partition key, event), until they are taken.
        self.events = []

    # Time.

    def later(self, seconds, act, *what):
        self.number += 1
        heapq.heappush(self.agenda, (self.now + seconds, self.number, act, what))

    def between(self, setting):
        return self.dice.uniform(*self.settings[setting])

    def advance(self, now):
        """Does all that is due by then; returns the events since the last time."""
        self.follow(now)
        while self.agenda and self.agenda[0][0] <= now:
            self.now, _, act, what = heapq.heappop(self.agenda)
            act(*what)
        self.now = max(now, self.now)
        events, self.events = self.events, []
        return events

    def follow(self, now):
        for group in self.pair.groups:
            shares = group.in_force()
            if self.followed.get(group.id) is shares:
                continue
            if group.id in self.followed:
                change = {"at": now, "group": group.name, "shares": shares, "first": {}, "firstAnswered": {}}
                self.newest_change[group.id] = change
                self.changes.append(change)
            self.followed[group.id] = shares
            self.place_agents(group, shares["AgentConfig"])

    # Agents.

    def open(self, within):
        """Everybody comes to work, within so many seconds; nobody is there before."""
        self.is_open = True
        for agent in self.agents.values():
            self.later(self.dice.uniform(0, within), self.arrive, agent, agent.plan)

    def place_agents(self, group, shares):
        members = [self.agents[id] for id in self.pair.members[group.id] if id in self.agents]
        for number, agent in enumerate(members):
            # The first ones are the source's.
            point, wanted = (number + 0.5) * 100 / len(members), agent.region
            for region, share in shares.items():
                if point < share:
                    wanted = region
                    break
                point -= share
            if not self.is_open:
                agent.region = wanted
            elif wanted == agent.region:
                if agent.bound_for is not None:
                    agent.bound_for = None
                    self.assign(agent.region)
            else:
                agent.bound_for = wanted
                if agent.contact is None:
                    self.move(agent)

    def move(self, agent):
        agent.plan += 1
        if agent.status != "Offline":
            self.set_status(agent, "Offline", "LOGOUT")
        self.later(self.between("moveSeconds"), self.arrive, agent, agent.plan)

    def arrive(self, agent, plan):
        if plan != agent.plan:
            return
        agent.region, agent.bound_for = agent.bound_for or agent.region, None
        self.sign_in(agent)

    def sign_in(self, agent):
        agent.plan += 1
        if self.is_alive[agent.region]:
            self.tell_agent(agent, "LOGIN")
            self.later(self.between("availableSeconds"), self.become_available, agent, agent.plan)

    def become_available(self, agent, plan):
        if plan != agent.plan or not self.is_alive[agent.region]:
            return
        self.set_status(agent, "Available", "STATE_CHANGE")
        self.later(self.dice.uniform(0.5, 1) * self.settings["heartbeatSeconds"], self.beat, agent, plan)
        self.assign(agent.region)

    def beat(self, agent, plan):
        if plan == agent.plan and agent.status != "Offline" and self.is_alive[agent.region]:
            self.tell_agent(agent, "HEART_BEAT")
            self.later(self.settings["heartbeatSeconds"], self.beat, agent, plan)

    def set_status(self, agent, status, event):
        agent.status, agent.status_since = status, self.now
        self.tell_agent(agent, event)

    # Callers.

    def call(self, group, per_second, seconds=None):
        """From now on so many callers a second for a group, by chance; for so long."""
        plan = self.rates.get(group.id, (0, 0))[1] + 1
        self.rates[group.id] = (per_second, plan)
        until = float("inf") if seconds is None else self.now + seconds
        self.next_caller(group, plan, until)

    def next_caller(self, group, plan, until):
        per_second, current = self.rates[group.id]
        if plan == current and per_second > 0:
            pause = self.dice.expovariate(per_second)
            if self.now + pause < until:
                self.later(pause, self.caller, group, plan, until)

    def caller(self, group, plan, until):
        if plan == self.rates[group.id][1]:
            self.offer(group)
            self.next_caller(group, plan, until)

    def offer(self, group):
        """A caller: shares are kept exactly, as near as whole callers can."""
        owed = self.owed.setdefault(group.id, dict.fromkeys(self.pair.regions, 0))
        for region, share in group.in_force()["TelephonyConfig"].items():
            owed[region] += share
        region = max(owed, key=owed.get)
        owed[region] -= 100
        self.figures[region]["offered"] += 1
        if not self.is_alive[region]:
            self.figures[region]["lost"] += 1
            return
        self.figures[region]["landed"] += 1
        if group.id in self.newest_change:
            self.newest_change[group.id]["first"].setdefault(region, self.now)
        id = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        contact = Contact(id, region, group.id, self.is_global, self.now)
        self.under_way.add(contact)
        self.tell_contact(contact, "INITIATED")
        self.later(self.between("flowSeconds"), self.queue, contact)

    def queue(self, contact):
        if contact not in self.under_way:
            return
        contact.queued = self.now
        self.tell_contact(contact, "QUEUED")
        if len(self.waiting[contact.origin]) >= QUEUE_MAX:
            self.abandon(contact)
            return
        self.waiting[contact.origin].append(contact)
        self.later(self.between("patienceSeconds"), self.abandon, contact)
        self.assign(contact.origin)

    def abandon(self, contact):
        if contact in self.under_way and contact.agent is None:
            self.figures[contact.origin]["abandoned"] += 1
            self.end(contact)

    def assign(self, region):
        """Gives waiting contacts to agents who are free. An agent of the Region is asked first."""
        is_walled = not self.is_global or set(self.pair.isolated) & set(self.pair.regions)
        for origin in [region] if is_walled else self.pair.regions:
            while self.waiting[origin]:
                if self.waiting[origin][0] not in self.under_way:
                    self.waiting[origin].popleft()
                    continue
                agent = self.free_agent(origin, is_walled)
                if agent is None:
                    break
                self.connect(self.waiting[origin].popleft(), agent)

    def free_agent(self, origin, is_walled):
        free = [
            agent for agent in self.agents.values()
            if agent.is_idle and self.is_alive[agent.region] and (agent.region == origin or not is_walled)]
        return min(free, key=lambda agent: (agent.region != origin, agent.status_since, agent.user["Id"]), default=None)

    def connect(self, contact, agent):
        contact.agent, contact.connected, agent.contact = agent, self.now, contact
        self.figures[contact.origin]["answered"] += 1
        if contact.group in self.newest_change:
            self.newest_change[contact.group]["firstAnswered"].setdefault(contact.origin, self.now)
        self.tell_contact(contact, "CONNECTED_TO_AGENT")
        self.tell_agent(agent, "STATE_CHANGE")
        self.later(self.between("talkSeconds"), self.hang_up, contact)

    def hang_up(self, contact):
        if contact in self.under_way:
            self.end(contact)

    def end(self, contact):
        agent = contact.agent
        contact.disconnected = self.now
        self.under_way.discard(contact)
        self.tell_contact(contact, "DISCONNECTED")
        if agent is None:
            return
        self.tell_contact(contact, "COMPLETED")
        self.free(agent)

    def free(self, agent):
        agent.contact, agent.status_since = None, self.now
        self.tell_agent(agent, "STATE_CHANGE")
        if agent.bound_for is not None:
            self.move(agent)
        else:
            self.assign(agent.region)

    # Regions.

    def set_alive(self, region, is_alive):
        """What a Region does when it dies and when it is back: its contacts are gone, its agents sign in again."""
        if self.is_alive[region] == is_alive:
            return
        self.is_alive[region] = is_alive
        if is_alive:
            for agent in self.agents.values():
                if agent.region == region and agent.bound_for is None:
                    self.sign_in(agent)
            return
        for contact in [each for each in self.under_way if region in (each.origin, each.agent and each.agent.region)]:
            self.under_way.discard(contact)
            self.figures[contact.origin]["dropped"] += 1
            agent = contact.agent
            if agent and agent.region != region:
                self.free(agent)
        self.waiting[region].clear()
        for agent in self.agents.values():
            if agent.region == region:
                # Nobody hears of it.
                agent.status, agent.contact, agent.told = "Offline", None, None
                agent.plan += 1
                if agent.bound_for is not None:
                    self.move(agent)

    def tell_past(self, group, per_second, first, seconds, days):
        """Callers of the same minutes of earlier days, who only INITIATED: `first` and the `seconds` after it, so many days back."""
        shares = group.in_force()["TelephonyConfig"]
        for day in days:
            for number in range(int(per_second * seconds)):
                at = first - day * 86400 + self.dice.uniform(0, seconds)
                region = self.dice.choices(list(shares), list(shares.values()))[0]
                contact = Contact(str(uuid.UUID(int=self.dice.getrandbits(128), version=4)), region, group.id, self.is_global, at)
                self.events.append((region, *self.writer.contact("INITIATED", contact, region, at, self.writer.event_id())))

    # What is told.

    def tell(self, region, key, event):
        if self.is_alive[region]:
            self.last_event[region] = self.now
            self.events.append((region, key, event))

    def tell_contact(self, contact, kind):
        regions = self.pair.regions if self.is_global else [contact.origin]
        id = self.writer.event_id()
        for region in regions:
            self.tell(region, *self.writer.contact(kind, contact, region, self.now, id))
            id = id if self.does_share_id else self.writer.event_id()

    def tell_agent(self, agent, kind):
        self.tell(agent.region, *self.writer.agent(kind, agent, self.now))

    def as_json(self):
        """Per Region what became of callers, who works there; and each change of shares with who came first after it."""
        found = {}
        for region in self.pair.regions:
            here = [agent for agent in self.agents.values() if agent.region == region]
            counts = {name: self.figures[region][name] for name in ("offered", "landed", "lost", "answered", "abandoned", "dropped")}
            found[region] = counts | {
                "isAlive": self.is_alive[region], "waiting": len(self.waiting[region]), "lastEventAt": self.last_event[region],
                "agents": {
                    "here": len(here), "online": sum(agent.status != "Offline" for agent in here),
                    "available": sum(agent.status == "Available" and agent.contact is None for agent in here),
                    "onContact": sum(agent.contact is not None for agent in here),
                },
            }
        return {"regions": found, "changes": list(self.changes), "underWay": len(self.under_way)}

    def metrics(self):
        """Of the whole pair, as GetCurrentMetricData names them; none before anybody works."""
        if not self.is_open:
            return {}
        online = [agent for agent in self.agents.values() if agent.status != "Offline"]
        waiting = [contact for queue in self.waiting.values() for contact in queue if contact in self.under_way and not contact.agent]
        busy = sum(agent.contact is not None for agent in online)
        return {
            "AGENTS_ONLINE": len(online), "AGENTS_AVAILABLE": len(online) - busy, "AGENTS_STAFFED": len(online), "AGENTS_ERROR": 0,
            "AGENTS_ON_CALL": busy, "AGENTS_ON_CONTACT": busy, "AGENTS_NON_PRODUCTIVE": 0, "AGENTS_AFTER_CONTACT_WORK": 0,
            "CONTACTS_IN_QUEUE": len(waiting), "CONTACTS_SCHEDULED": 0, "SLOTS_ACTIVE": busy, "SLOTS_AVAILABLE": len(online) - busy,
            "OLDEST_CONTACT_AGE": self.now - min((contact.queued for contact in waiting), default=self.now),
        }
