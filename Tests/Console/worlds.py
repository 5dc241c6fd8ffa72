"""What the double answers: worlds, each a state of two Regions. Held against docs/openapi.yaml by test_worlds.py."""
import copy
from datetime import datetime, timedelta, timezone

EAST, WEST = "us-east-1", "us-west-2"
# When the worlds are. Their clock goes on from here.
NOW = datetime(2026, 3, 5, 14, 31, tzinfo=timezone.utc)
INSTANCE = "111122223333/0a1e6f86-9bb2-520f-a8d5-f2c3d4bae197"
GROUP = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/sales"
NAMES = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Tony", "Frances"]


def at(seconds=0):
    """So many seconds before now."""
    return (NOW - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shares(east, west, status=None):
    group = {"agents": {EAST: east, WEST: west}, "group": GROUP, "signIn": [r for r, s in ((EAST, east), (WEST, west)) if s], "telephony": {EAST: east, WEST: west}}
    return group | ({"status": status} if status else {})


def agent(number, region=None, presence="online", seen=20, status="Available"):
    region = region or (EAST, WEST)[number % 2]
    state = {"name": status, "region": region, "since": at(600 + number), "type": "ROUTABLE"}
    side = {"concurrency": [], "contacts": [], "lastSeen": at(seen), "nextStatus": None, "presence": presence, "signedIn": presence == "online", "status": state}
    is_stale = seen > 300 and presence == "online"
    return {
        "id": f"{INSTANCE}/a{number:07d}", "isStale": is_stale, "staleRegions": [region] if is_stale else [], "concurrency": [], "contacts": [], "hierarchy": [],
        "lastSeen": at(seen), "nextStatus": None, "presence": presence, "proficiencies": [], "regions": {region: side},
        "regionsOnline": [region] if presence == "online" else [], "routingProfile": {"arn": "arn:profile/voice", "name": "Voice"}, "signedIn": presence == "online",
        "status": state, "username": f"agent{number:05d}", "firstName": NAMES[number % len(NAMES)], "lastName": f"Example {number}",
    }


def contact(number, region=None, agent_number=None, phase="CONNECTED_TO_AGENT", **more):
    region = region or (EAST, WEST)[number % 2]
    found = {
        "id": f"c{number:07d}-0000-4000-8000-000000000000", "activeRegion": region, "originRegion": region, "phase": phase, "channel": "VOICE",
        "initiationMethod": "INBOUND", "initiatedAt": at(90 + number), "enqueuedAt": at(80 + number), "connectedToAgentAt": at(60 + number) if phase == "CONNECTED_TO_AGENT" else None,
        "dequeuedAt": None, "disconnectedAt": None, "disconnectReason": None, "scheduledAt": None, "customerId": "customer-7", "queue": {"arn": "arn:queue/orders", "name": "Orders"},
        "agent": None if agent_number is None else {"id": f"{INSTANCE}/a{agent_number:07d}", "username": f"agent{agent_number:05d}"},
        "milestones": {"INITIATED": at(90 + number), "QUEUED": at(80 + number)} | ({"CONNECTED_TO_AGENT": at(60 + number)} if phase == "CONNECTED_TO_AGENT" else {}),
    }
    return found | more


def presences(online, offline=0, unknown=0):
    return {"offline": offline, "online": online, "unknown": unknown}


def in_phases(agents, queued=0, system=0, initiated=0):
    return {"CONNECTED_TO_AGENT": agents, "CONNECTED_TO_SYSTEM": system, "INITIATED": initiated, "QUEUED": queued}


def verdict(region, state="healthy", evidence="agents: of 100 agents online, 0 are overdue with their heartbeat", outlook=None):
    other = WEST if region == EAST else EAST
    return {"controller": f"{region}/c1", "evidence": evidence, "outlook": outlook or f"{other} is healthy; nothing else stands against a move; mode approve", "region": region, "state": state}


def rule(name, holds, says):
    return {"holds": holds, "rule": name, "says": says}


def intent(term, cause, author, east, west, seconds):
    return {"actor": "" if cause == "adopted" else WEST, "author": author, "cause": cause, "evidence": [], "groups": [shares(east, west)], "proposedAt": at(seconds), "term": term}


def probe(name, region, state="healthy", says="", age=3_000, end=True, source=None, since=None):
    return {"ageMs": age, "evidence": says, "isEndToEnd": end, "name": name, "region": region, "since": since, "source": source or name, "state": state}


def link(origin, to, lag=420, age=1_000, why=None):
    return {"ageMs": age if lag is not None else None, "from": origin, "lagMs": lag, "to": to, "why": why}


def trend(steps=60, gap=None, broken=False):
    def line(base, bend=1.0):
        values = [int(base + 90 * ((step * 7) % 5)) if not (broken and step > steps - 12) else int(base * bend * (step - steps + 13) * 20) for step in range(steps)]
        for step in gap or []:
            values[step] = None
        return values
    return {
        "begin": at(steps * 10), "stepMs": 10_000,
        "series": [
            {"from": EAST, "kind": "link", "to": WEST, "values": line(400)}, {"from": WEST, "kind": "link", "to": EAST, "values": line(500, 2)},
            {"from": EAST, "kind": "ingest", "to": EAST, "values": line(150)}, {"from": WEST, "kind": "ingest", "to": WEST, "values": line(180)},
        ],
    }


def item(id, what, state="ok", found="", remedy="", blocking=False):
    return {"found": found, "id": id, "isBlocking": blocking, "remedy": remedy, "state": state, "what": what}


def letter(number, reason="not-json", redriven=None):
    return {
        "arrival": at(number * 120), "bytes": 26 + number, "detail": "not JSON, or JSON followed by other data" if reason == "not-json" else "the event has no time", "id": f"{number * 300}-0a1b2c3d",
        "partition": "shardId-000000000000", "position": str(4_000 - number), "reason": reason, "redriven": redriven, "source": "kinesis",
        "stream": "arn:aws:kinesis:us-east-1:111122223333:stream/contact-events",
    }


def register(value, seconds, rank, region, event):
    return {"event": event, "rank": rank, "region": region, "time": at(seconds), "value": value}


def candidate(path, place, found, winner):
    return {"path": path, "place": place, "register": found, "winner": winner}


def letters_of(letters, count=None):
    reasons = {}
    for each in letters:
        reasons[each["reason"]] = reasons.get(each["reason"], 0) + 1
    return {"count": len(letters), "isCut": False, "isPartial": False, "items": letters, "next": None, "open": sum(each["redriven"] is None for each in letters), "reasons": reasons}


def page_of(items, next=None):
    return {"isPartial": False, "items": items, "next": next}


def report(term, cause="manual", author="ann@example.com"):
    took = lambda name, ms: {"from": {"at": at(400), "clock": "control table", "says": "seen"}, "name": name, "to": {"at": at(390), "clock": "control table", "says": "seen"}, "took": {"milliseconds": ms, "state": "known"}}
    return {
        "author": author, "cause": cause, "gaining": WEST, "groups": [{"after": {"agents": {EAST: 0, WEST: 100}, "signIn": {}, "telephony": {EAST: 0, WEST: 100}}, "before": {"agents": {EAST: 50, WEST: 50}, "signIn": {}, "telephony": {EAST: 50, WEST: 50}}, "group": GROUP}],
        "kind": "drill" if cause == "drill" else "move", "landing": {"agentsBack": 92, "agentsBefore": 100, "firstStart": at(360), "minutes": []}, "losing": EAST,
        "lostAtMost": {"milliseconds": 1_900, "state": "known"}, "phases": [took("detection", 31_000), took("decision", 12_000), took("change", 4_000), took("landing", 9_000)], "plan": None,
        "proposedAt": at(420), "recovery": {"milliseconds": 56_000, "state": "known"}, "remarks": [], "rules": ["peer-unhealthy: 2 independent signals"], "sequelTerm": None,
        "signals": ["us-east-1 traffic: 0 of 14 expected contacts started"], "term": term,
        "timeline": [{"at": at(440), "author": "us-west-2/c1", "kind": "suspected", "lines": ["us-east-1 does not serve"]}, {"at": at(420), "author": author, "kind": "committed", "lines": ["calls do not land"]}, {"at": at(415), "author": "us-west-2/c1", "kind": "verified", "lines": ["in force"]}],
    }


class World:
    """Routes and what they answer: `data` of an answer, or a problem. `clock` goes on from NOW."""

    def __init__(self, name):
        self.name = name
        self.problems = {}
        self.age = {}
        self.stale = False
        self.me = {
            "canChange": True, "expiresAt": None, "hasFailover": True, "insecure": None, "isAgents": False, "isInsecure": False, "login": "none", "process": "worker", "region": WEST,
            "regions": [EAST, WEST], "scopes": [], "subject": None, "version": "0.1.0",
        }
        self.agents = [agent(number) for number in range(1, 201)]
        self.agents[4] = agent(5, presence="offline", status="Offline")
        self.agents[6] = agent(7, seen=900)
        self.contacts = [contact(number, agent_number=number + 1) for number in range(1, 24)] + [contact(30, EAST, phase="QUEUED"), contact(31, WEST, phase="QUEUED")]
        self.letters = [letter(number, "no-stamp" if number % 3 == 0 else "not-json") for number in range(1, 41)]
        self.letters[2]["redriven"] = {"at": at(60), "by": "bob (not verified)"}
        self.entries = [
            {"at": at(40_000), "author": "ann@example.com", "kind": "committed", "lines": ["sales: us-east-1 50 %, us-west-2 50 %", "ann@example.com: after the maintenance"], "term": 2},
            {"at": at(90_000), "author": "us-east-1/c1", "kind": "committed", "lines": ["adopted", "the first term: what was found in force"], "term": 1},
        ]
        self.terms = [
            {"actor": WEST, "at": at(40_000), "author": "ann@example.com", "cause": "manual", "groups": [shares(50, 50)], "isDrill": False, "state": "closed", "tookMs": 4_200, "term": 2},
            {"actor": WEST, "at": at(600_000), "author": "us-west-2/c1", "cause": "drill", "groups": [shares(90, 10)], "isDrill": True, "state": "closed", "tookMs": 3_100, "term": 1},
        ]
        self.status = {
            "caveat": None,
            "control": {
                "acknowledgedTerm": 2, "drills": [], "hold": None, "heldBy": None, "newest": intent(2, "manual", "ann@example.com", 50, 50, 40_000), "proposal": None, "proposed": None,
                "state": "closed", "verdicts": [verdict(EAST), verdict(WEST)],
            },
            "controlAgeMs": 700, "controllersAlive": {EAST: 1, WEST: 1}, "foreign": None, "groups": [shares(50, 50, "active")], "groupsAgeMs": 9_000, "mode": "approve",
            "ownRegion": WEST, "regions": [EAST, WEST],
            "thinking": {
                "controller": "us-west-2/c1",
                "evaluation": {
                    "heldBackBy": "peer-unhealthy", "regions": {EAST: {"complaints": [], "state": "healthy"}, WEST: {"complaints": [], "state": "healthy"}},
                    "rules": [
                        rule("views-fresh", True, "control table and groups were read within 900 ms"), rule("not-held", True, "nobody holds it"), rule("no-foreign-hand", True, "in force is what was last intended"),
                        rule("peer-has-share", True, "us-east-1 has up to 50 % of a group"), rule("peer-unhealthy", False, "0 independent signals of 2 that it takes say that us-east-1 does not serve"),
                        rule("volume", True, "14.0 contacts a minute are expected in us-east-1"), rule("peer-verdict", False, "us-east-1/c1 is alive and says that us-east-1 is well"), rule("own-healthy", True, "us-west-2 serves, as far as is known"),
                        rule("not-shared", True, "us-west-2 does not show what us-east-1 shows"), rule("ready", True, "nothing is missing"), rule("cool-down", True, "no move by itself awaits its acknowledgement"),
                        rule("moves-per-day", True, "0 moves by itself in 24 hours, 2 are the most"),
                    ],
                },
                "gates": None, "phase": "watching",
            },
        }
        self.probes = [
            probe("replication", EAST, says="what is written in us-east-1 is there in us-west-2 after 420 ms", source="canary us-east-1 to us-west-2"),
            probe("replication", WEST, says="what is written in us-west-2 is there in us-east-1 after 510 ms", source="canary us-west-2 to us-east-1"),
            probe("number-to-flow", WEST, says="1 traffic distribution groups can be moved, with numbers in front of them", age=21_000, source="preflight"),
            probe("traffic", EAST, says="13 of 14.0 expected contacts started in 3 minutes", source="contact-starts", since=at(7_000)),
            probe("traffic", WEST, says="15 of 14.2 expected contacts started in 3 minutes", source="contact-starts", since=at(7_000)),
            probe("agents", EAST, says="of 100 agents online, 0 are overdue with their heartbeat", end=False, source="heartbeats"),
            probe("connect-api", EAST, says="DescribeInstance was answered", end=False), probe("connect-api", WEST, says="DescribeInstance was answered", end=False),
        ]
        self.lag = {"ingest": [{"ageMs": 0, "lagMs": 160, "region": WEST, "why": None}, {"ageMs": 900, "lagMs": 190, "region": EAST, "why": None}], "links": [link(EAST, WEST), link(WEST, EAST, 510, 1_400)], "trend": trend(gap=[20, 21])}
        self.preflight = {
            "at": at(21), "target": WEST,
            "items": [item("permissions", "permissions, as IAM simulates them", found="12 actions are allowed"), item("instance", "the instance in us-west-2", found="active, takes inbound calls"), item("group/sales", "traffic distribution group sales", found="active, the default one"), item("quotas", "quotas of both instances", found="the same")],
        }
        self.streams = {"areAllRead": True, "source": "kinesis", "items": [{"durable": None, "lagMs": 120 + 10 * n, "position": None, "shard": f"shardId-{n:012d}", "since": None, "stream": "arn:aws:kinesis:us-west-2:111122223333:stream/contact-events", "trouble": None, "unread": None} for n in range(4)]}
        self.regions = [{"ageMs": 900, "isOwn": False, "lagMs": 420, "name": EAST, "newestFact": at(1)}, {"ageMs": 400, "isOwn": True, "lagMs": None, "name": WEST, "newestFact": at(0)}]
        self.summary = {
            "agents": {"presence": presences(199, 1), "regions": {EAST: presences(99, 1), WEST: presences(100)}, "total": 200},
            "contacts": {
                "channels": {"VOICE": 25}, "phases": in_phases(23, 2), "regions": {EAST: in_phases(12, 1), WEST: in_phases(11, 1)}, "total": 25, "queuesAreCut": False,
                "queues": [{"arn": "arn:queue/orders", "name": "Orders", "regions": {EAST: in_phases(12, 1)}}, {"arn": "arn:queue/orders-west", "name": "Orders", "regions": {WEST: in_phases(11, 1)}}, {"arn": "arn:queue/returns", "name": "Returns", "regions": {WEST: in_phases(0)}}],
            },
            "queues": {"total": 1},
        }
        self.queues = [{"id": "orders", "fields": {"name": "Orders", "waiting": 2}, "region": WEST, "updatedAt": at(20), "regions": {EAST: {"fields": {"name": "Orders"}, "region": EAST, "updatedAt": at(90)}, WEST: {"fields": {"waiting": 2}, "region": WEST, "updatedAt": at(20)}}}]
        self.configuration = [
            {"isSecret": False, "key": "http.port", "origin": "/etc/converge/converge.yaml:3", "value": "9464"}, {"isSecret": True, "key": "writing.keys", "origin": "CONVERGE_WRITING_KEYS", "value": "********"},
            {"isSecret": False, "key": "store.kind", "origin": "/etc/converge/converge.yaml:9", "value": "dynamodb"}, {"isSecret": False, "key": "drain-timeout", "origin": "default", "value": "25s"}, {"isSecret": False, "key": "kafka.topics", "origin": "not set", "value": None},
        ]
        self.candidates = [
            candidate("presence/us-east-1", EAST, register("LOGOUT", 500, 4, EAST, "a7c993e9-0000-4000-8000-000000000001"), True),
            candidate("presence/us-east-1", WEST, register("LOGIN", 3_000, 3, EAST, "01853045-0000-4000-8000-000000000002"), False),
            candidate("status/us-west-2", WEST, register("ONLINE", 400, 2, WEST, "21ae8838-0000-4000-8000-000000000003"), True),
        ]

    def clone(self):
        return copy.deepcopy(self)


def well(world):
    pass


def stale(world):
    """us-east-1's facts are old: whoever follows its tables stands still."""
    world.stale = True
    world.age = {"/v1/summary": 95_000, "/v1/agents": 95_000, "/v1/contacts": 95_000, "/v1/queues": 95_000}
    world.regions[0] |= {"ageMs": 400_000, "newestFact": at(400)}
    world.status["groupsAgeMs"], world.status["controlAgeMs"] = 65_000, 31_000
    for each in world.probes[:1] + world.probes[3:4]:
        each["ageMs"] = 300_000
    world.lag["links"][0] = link(EAST, WEST, None, why="no row of a worker of us-east-1 was ever seen here")


def lost(world):
    """us-east-1 is gone. The controller of us-west-2 proposes a move, and a person is asked."""
    says = "0 of 14.0 expected contacts started in 3 minutes"
    world.probes = [
        probe("replication", EAST, "unhealthy", "what is written in us-east-1 is there in us-west-2 after 94000 ms", source="canary us-east-1 to us-west-2"),
        probe("replication", WEST, "unknown", "no worker of us-east-1 has told that it saw a row from here", None, source="canary us-west-2 to us-east-1"),
        probe("number-to-flow", WEST, says="1 traffic distribution groups can be moved, with numbers in front of them", age=21_000, source="preflight"),
        probe("traffic", EAST, "unhealthy", says, source="contact-starts-replicated", since=at(170)), probe("traffic", WEST, says="15 of 14.2 expected contacts started in 3 minutes", source="contact-starts", since=at(7_000)),
        probe("agents", EAST, "unhealthy", "of 99 agents online, 99 are overdue with their heartbeat", end=False, source="heartbeats-replicated", since=at(120)),
        probe("connect-api", EAST, "unhealthy", "5 questions in a row were not answered, for 28 s", end=False, since=at(60)), probe("worker", EAST, "unhealthy", "no controller of it has written for 39 s", end=False),
    ]
    world.lag = {"ingest": [{"ageMs": 0, "lagMs": 160, "region": WEST, "why": None}, {"ageMs": 94_000, "lagMs": 140, "region": EAST, "why": None}], "links": [link(EAST, WEST, 94_000), link(WEST, EAST, None, why="no worker of us-east-1 has told that it saw a row from here")], "trend": trend(broken=True)}
    world.regions[0] |= {"ageMs": 36_000, "lagMs": 94_000, "newestFact": at(36)}
    control, thinking = world.status["control"], world.status["thinking"]
    control["verdicts"] = [verdict(EAST), verdict(WEST, outlook="us-east-1 is unhealthy; a move awaits a person's yes")]
    world.status["controllersAlive"] = {EAST: 0, WEST: 1}
    control["proposal"] = "p1"
    control["proposed"] = {"actor": WEST, "at": at(20), "controller": "us-west-2/c1", "evidence": [f"us-east-1 traffic: {says}", "us-east-1 agents: of 99 agents online, 99 are overdue"], "groups": [shares(0, 100)], "id": "p1"}
    thinking["evaluation"]["regions"][EAST] = {"complaints": [says, "of 99 agents online, 99 are overdue with their heartbeat"], "state": "unhealthy"}
    thinking["evaluation"]["heldBackBy"] = None
    for each in thinking["evaluation"]["rules"]:
        each["holds"] = True
    thinking["phase"] = "waiting for a person's yes"
    for each in world.agents[1::2]:
        each["isStale"], each["staleRegions"] = True, [EAST]


def failover(world):
    """Everything was moved to us-west-2; a return is running, and its gate waits."""
    control = world.status["control"]
    control["newest"] = intent(4, "returning", "us-east-1/c1", 10, 90, 200)
    control["state"] = "sending"
    control["plan"] = {"by": "ann@example.com", "evidence": "", "goal": [shares(50, 50)], "holdMs": 300_000, "region": EAST, "state": "running", "step": 10, "steps": [[shares(20, 80)], [shares(30, 70)], [shares(40, 60)], [shares(50, 50)]]}
    control["hold"] = None
    world.status["groups"] = [shares(0, 100, "updating")]
    world.status["thinking"]["gates"] = {"areOpen": False, "bad": None, "says": ["traffic (contact-starts): unknown: there are too few earlier days"]}
    world.entries = [{"at": at(200), "author": "us-east-1/c1", "kind": "committed", "lines": ["a step of ann@example.com's return"], "term": 4}, {"at": at(2_000), "author": "ann@example.com", "kind": "committed", "lines": ["sales: us-east-1 0 %, us-west-2 100 %", "ann@example.com: calls do not land"], "term": 3}] + world.entries
    world.terms = [{"actor": EAST, "at": at(200), "author": "us-east-1/c1", "cause": "returning", "groups": [shares(10, 90)], "isDrill": False, "state": "sending", "tookMs": None, "term": 4}, {"actor": WEST, "at": at(2_000), "author": "ann@example.com", "cause": "manual", "groups": [shares(0, 100)], "isDrill": False, "state": "closed", "tookMs": 4_300, "term": 3}] + world.terms
    world.summary["agents"]["regions"] = {EAST: presences(4), WEST: presences(195)}
    world.summary["contacts"]["regions"] = {EAST: in_phases(0), WEST: in_phases(44, 6)}


def empty(world):
    """Nothing was ever told."""
    world.agents, world.contacts, world.letters, world.queues, world.entries, world.terms, world.probes = [], [], [], [], [], [], []
    world.summary = {"agents": {"presence": presences(0), "regions": {}, "total": 0}, "contacts": {"channels": {}, "phases": in_phases(0), "queues": [], "queuesAreCut": False, "regions": {}, "total": 0}, "queues": {"total": 0}}
    world.status["control"] |= {"verdicts": [], "state": None}
    world.status["control"].pop("newest")
    world.status |= {"groups": None, "groupsAgeMs": None, "controllersAlive": {}}
    world.status["thinking"]["evaluation"] = None
    world.regions = [{"ageMs": None, "isOwn": True, "lagMs": None, "name": WEST, "newestFact": None}]
    world.lag = {"ingest": [{"ageMs": None, "lagMs": None, "region": WEST, "why": "no worker of it was ever heard of here"}], "links": [], "trend": {"begin": None, "series": [], "stepMs": 10_000}}
    world.preflight |= {"at": None, "items": []}
    world.streams = {"areAllRead": None, "items": [], "source": "kinesis"}
    world.candidates = []


def crowd(world):
    """10,000 agents."""
    world.agents = [agent(number, seen=(20, 900)[number % 50 == 0]) for number in range(1, 10_001)]
    world.contacts = [contact(number, agent_number=number) for number in range(1, 4_001)]
    world.summary["agents"] = {"presence": presences(10_000), "regions": {EAST: presences(5_000), WEST: presences(5_000)}, "total": 10_000}
    world.summary["contacts"] |= {"regions": {EAST: in_phases(1_990, 10), WEST: in_phases(1_990, 10)}, "total": 4_000}


def off(world):
    """A process without changes, failover, streams and letters."""
    world.me |= {"canChange": False, "hasFailover": False, "process": "serve"}
    gone = {"status": 404, "title": "Not Found", "detail": "this process follows no changes: set http.changes to true"}
    for path in ["/v1/agents", "/v1/contacts", "/v1/queues", "/v1/summary", "/v1/changes", "/v1/probes", "/v1/lag", "/v1/streams", "/v1/preflight", "/v1/dead-letters", "/v1/failover"]:
        world.problems[path] = gone


def busy(world):
    """The state is being read for the first time."""
    for path in ["/v1/agents", "/v1/contacts", "/v1/queues", "/v1/summary"]:
        world.problems[path] = {"status": 503, "title": "Service Unavailable", "detail": "the state has not been read to its end yet; retry later"}
    world.problems["/v1/failover"] = {"status": 503, "title": "Service Unavailable", "detail": "the control table does not answer"}


def reader(world):
    """Somebody who is logged in and may only look, and see nothing personal."""
    world.me |= {"login": "session", "scopes": ["read"], "subject": "viewer@example.com", "expiresAt": at(-240)}
    refused = {"status": 403, "title": "Forbidden", "detail": "the access token has none of the scopes of this route: operate"}
    world.problems["/v1/configuration"] = refused
    world.problems["/v1/dead-letters/"] = refused | {"detail": "the access token has none of the scopes of this route: read:personal"}


def nobody(world):
    """Nobody is logged in."""
    world.me |= {"login": "token"}
    for path in ["/v1/"]:
        world.problems[path] = {"status": 401, "title": "Unauthorized", "detail": "send an access token: Authorization: Bearer TOKEN"}


def insecure(world):
    world.me |= {"isInsecure": True, "insecure": "tokens and TLS"}


ALL = {each.__name__: each for each in (well, stale, lost, failover, empty, crowd, off, busy, reader, nobody, insecure)}


def make(name):
    world = World(name)
    ALL[name](world)
    return world
