"""A stub of Amazon Connect for one Global Resiliency pair: an endpoint each for both Regions, over one truth.

    python3 connect.py [--account 111122223333] [--group NAME ...] [--users 200] [--rate 2 --burst 5] \
        [--stream us-east-1=PORT/NAME ...] [--global-routing] [--ids-differ] us-east-1 us-west-2

Its callers and agents are in telephony.py; their events go to the Kinesis streams that are given, one a Region, at emulators.
`--global-routing`: contact events in both Regions, with one event id unless `--ids-differ` (nobody knows which).

The first Region is the source. Prints `ready PORT`, the port of its control interface:

    GET /_stub/world       {"regions", "endpoints": {Region: URL}, "account", "instance", "instanceArns", "groups": [...],
                            "users": how many, "doors": {Region: state}}
    PUT /_stub/state       {Region: "up" | "hang" | "reset" | "refuse" | "error"}
    PUT /_stub/latency     {Region: [from, to]}, milliseconds
    PUT /_stub/throttle    {"rate": 2, "burst": 5, "code": "ThrottlingException"}, each optional; a rate of 0 refills nothing. Buckets are
                           a Region's, of all operations together, and begin full
    PUT /_stub/settings    see connect_pair.Settings: updateSeconds, updateStatus, conflict, reading, effectSeconds
    PUT /_stub/group       {"group": name, id or ARN, "status"}: its status from now on
    PUT /_stub/hand        {"group", "TelephonyConfig", "AgentConfig", "SignInConfig"}: somebody else changes a distribution. It is logged
                           with the door "hand", needs no active group, and LastFailoverTime moves
    PUT /_stub/pair        any of "replication", "instanceStatus": {Region: value}, "isolated": [Region], "metrics": {name: value}, and of
                           "findings", "drift", "kindStates": {kind of resource: [findings] | {Region: count or null} | {Region: state}},
                           "members": {group: [user ids]}
    PUT /_stub/agents      {"within": seconds}: everybody comes to work
    PUT /_stub/callers     {"group", "perSecond", "seconds": for how long, for ever where it is missing}
    PUT /_stub/telephony   settings of telephony.py: flowSeconds, talkSeconds, patienceSeconds, moveSeconds, availableSeconds as [from, to],
                           heartbeatSeconds
    PUT /_stub/alive       {Region: false}: its telephony is dead (its endpoint is another matter)
    PUT /_stub/past        {"group", "perSecond", "first": seconds since 1970, "seconds", "days": [1, 2, ..]}: callers of earlier days
    GET /_stub/telephony   {"regions": {Region: {"offered", "landed", "lost", "answered", "abandoned", "dropped", "isAlive", "waiting",
                           "lastEventAt", "agents": {"here", "online", "available", "onContact"}}}, "changes": [{"at", "group", "shares",
                           "first": {Region: when the first caller landed there}, "firstAnswered"}], "underWay",
                           "streams": {Region: {"put", "waiting", "dropped"}}}
    PUT /_stub/faults, GET /_stub/fired, PUT /_stub/clock {"ahead": seconds}, GET and DELETE /_stub/log: see service.py

Ends with its standard input.
"""
import argparse
import asyncio
import time

from connect_operations import PROTOCOL, Operations
from connect_pair import STATUSES, Pair
from service import Bucket, Desk, Door
from stream import Stream
from telephony import Telephony
from wire import control, end_with_input, listen, port_of

TICK_SECONDS = 0.02


class Stub:
    def __init__(self, arguments):
        self.desk = Desk(arguments.seed)
        self.pair = Pair(arguments.regions, arguments.account, arguments.group, arguments.users, self.desk.clock)
        self.telephony = Telephony(self.pair, arguments.seed, arguments.global_routing, not arguments.ids_differ)
        self.streams = {region: Stream(region, place) for region, place in (each.split("=") for each in arguments.stream)}
        self.operations = Operations(self.pair, self.telephony.metrics)
        self.doors = {
            region: Door(
                self.desk, region, region, "connect", PROTOCOL, self.operations.by_name, (arguments.rate, arguments.burst))
            for region in self.pair.regions}

    async def play(self):
        """Telephony, until the process ends."""
        while True:
            self.advance()
            await asyncio.sleep(TICK_SECONDS)

    def advance(self):
        for region, key, event in self.telephony.advance(time.time()):
            if region in self.streams:
                self.streams[region].add(key, event)

    # What is asked of it.

    def world(self, _=None):
        pair = self.pair
        return {
            "regions": pair.regions, "endpoints": {name: f"http://127.0.0.1:{door.port}" for name, door in self.doors.items()},
            "account": pair.account, "instance": pair.instance,
            "instanceArns": {region: pair.instance_arn(region) for region in pair.regions},
            "groups": [group.as_json() for group in pair.groups], "users": len(pair.users),
            "doors": {name: door.state for name, door in self.doors.items()},
        }

    async def set_state(self, wanted):
        for region, state in wanted.items():
            await self.doors[region].set(state)
        return self.world()["doors"]

    def set_latency(self, wanted):
        for region, (least, most) in wanted.items():
            self.doors[region].latency = (least, most)
        return {}

    def set_throttle(self, wanted):
        for door in self.doors.values():
            door.bucket = Bucket(wanted.get("rate", door.bucket.rate), wanted.get("burst", door.bucket.burst))
            door.throttle = wanted.get("code", door.throttle)
        return {}

    def set_group(self, wanted):
        group = self.pair.named(wanted["group"])
        if wanted["status"] not in STATUSES:
            raise ValueError(f"no such status: {wanted['status']}")
        group.own_status, group.until = wanted["status"], None
        return group.as_json()

    def hand(self, wanted):
        group = self.pair.named(wanted["group"])
        body = {member: config for member, config in wanted.items() if member != "group"}
        self.pair.put(group, self.pair.read(group, body))
        self.desk.enter(door="hand", operation="UpdateTrafficDistribution", path=group.arn, body=body, outcome="done", status=200)
        return group.as_json()

    def set_pair(self, wanted):
        pair = self.pair
        for name, value in wanted.items():
            if name == "isolated":
                pair.isolated = value
            elif name == "members":
                pair.members |= {pair.named(group).id: users for group, users in value.items()}
            elif name == "instanceStatus":
                pair.instance_status |= value
            elif name == "kindStates":
                pair.kind_states |= value
            elif name in ("replication", "metrics", "findings", "drift"):
                setattr(pair, name, getattr(pair, name) | value)
            else:
                raise ValueError(f"nothing of the pair is called {name}")
        return {}

    # Of its callers and agents.

    def set_agents(self, wanted):
        self.advance()
        self.telephony.open(wanted["within"])
        return self.figures()

    def set_callers(self, wanted):
        self.advance()
        self.telephony.call(self.pair.named(wanted["group"]), wanted["perSecond"], wanted.get("seconds"))
        return self.figures()

    def set_telephony(self, wanted):
        if set(wanted) - set(Telephony.SETTINGS):
            raise ValueError(f"no such settings: {wanted}")
        self.telephony.settings |= wanted
        return self.telephony.settings

    def set_alive(self, wanted):
        self.advance()
        for region, is_alive in wanted.items():
            self.telephony.set_alive(region, is_alive)
            if not is_alive and region in self.streams:
                self.streams[region].clear()
        return self.figures()

    def tell_past(self, wanted):
        group = self.pair.named(wanted["group"])
        self.telephony.tell_past(group, wanted["perSecond"], wanted["first"], wanted["seconds"], wanted["days"])
        return self.figures()

    def figures(self, _=None):
        self.advance()
        return self.telephony.as_json() | {"streams": {region: stream.as_json() for region, stream in self.streams.items()}}

    @property
    def routes(self):
        return self.desk.routes | {
            "GET /_stub/world": self.world, "PUT /_stub/state": self.set_state, "PUT /_stub/latency": self.set_latency,
            "PUT /_stub/throttle": self.set_throttle, "PUT /_stub/settings": self.pair.settings.set, "PUT /_stub/group": self.set_group,
            "PUT /_stub/hand": self.hand, "PUT /_stub/pair": self.set_pair, "PUT /_stub/agents": self.set_agents,
            "PUT /_stub/callers": self.set_callers, "PUT /_stub/telephony": self.set_telephony, "PUT /_stub/alive": self.set_alive,
            "PUT /_stub/past": self.tell_past, "GET /_stub/telephony": self.figures,
        }


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--account", default="111122223333")
    parser.add_argument("--group", action="append", default=[])
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2)
    parser.add_argument("--burst", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stream", action="append", default=[])
    parser.add_argument("--global-routing", action="store_true")
    parser.add_argument("--ids-differ", action="store_true")
    parser.add_argument("regions", nargs=2)
    end_with_input()
    stub = Stub(parser.parse_args())
    for door in stub.doors.values():
        await door.open()
    server = await listen(control(stub.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.gather(stub.play(), *(stream.run() for stream in stub.streams.values()))


if __name__ == "__main__":
    asyncio.run(main())
