"""Tests of telephony.py, by a clock of their own, and of its events on their way into streams."""
import json
import unittest
from collections import Counter, defaultdict

from connect_pair import Pair
from rig import Case
from service import Clock
from telephony import Telephony

A, B = "us-east-1", "us-west-2"
NOON = 1_767_268_800


def shares(first, agents=None):
    split = lambda source: {"Distributions": [{"Region": A, "Percentage": source}, {"Region": B, "Percentage": 100 - source}]}
    return {"TelephonyConfig": split(first), "AgentConfig": split(first if agents is None else agents)}


class World:
    def __init__(self, users=20, groups=(), **options):
        self.pair = Pair([A, B], "111122223333", groups, users, Clock())
        self.group = self.pair.groups[0]
        self.phone = Telephony(self.pair, 7, **options)
        self.events, self.now = [], NOON
        self.phone.advance(NOON)

    def run(self, seconds):
        """The events of that time, as (Region, type, event)."""
        found = []
        until = self.now + seconds
        while self.now < until:
            self.now += 0.5
            for region, key, event in self.phone.advance(self.now):
                kind = event.get("EventType") or event["detail"]["eventType"]
                found.append((region, kind, event))
        self.events += found
        return found

    def move(self, *how):
        self.pair.update(self.group, shares(*how))

    def region(self, name):
        return self.phone.as_json()["regions"][name]


def contacts(events):
    """By contact: its events in order, as (Region, type)."""
    found = defaultdict(list)
    for region, kind, event in events:
        if "detail" in event:
            found[event["detail"]["contactId"]].append((region, kind))
    return found


class TelephonyTests(unittest.TestCase):
    def test_agents_come_to_work_and_take_callers_in_the_region_of_the_shares(self):
        world = World()
        world.phone.open(5)
        events = world.run(10)
        self.assertEqual(Counter((region, kind) for region, kind, _ in events), {(A, "LOGIN"): 20, (A, "STATE_CHANGE"): 20})
        world.phone.call(world.group, 1, seconds=100)
        world.run(200)
        for story in contacts(world.events).values():
            self.assertEqual(story, [(A, each) for each in ("INITIATED", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED")])
        here = world.region(A)
        self.assertEqual((here["offered"], here["landed"], here["answered"]), (len(contacts(world.events)),) * 3)
        self.assertGreater(here["offered"], 50)
        self.assertEqual((here["lost"], here["abandoned"], here["agents"]["available"]), (0, 0, 20))
        beats = [event for _, kind, event in world.events if kind == "HEART_BEAT"]
        self.assertEqual(len({event["AgentARN"] for event in beats}), 20)

    def test_an_agent_is_told_of_with_one_contact_at_most_and_the_snapshot_before(self):
        world = World(users=3)
        world.phone.open(1)
        world.phone.call(world.group, 2, seconds=60)
        world.run(200)
        last, talking = {}, Counter()
        for _, kind, event in world.events:
            if "AgentARN" not in event:
                continue
            agent = event["AgentARN"]
            self.assertEqual(event["PreviousAgentSnapshot"], last.get(agent))
            last[agent] = event["CurrentAgentSnapshot"]
            if kind != "LOGIN":
                self.assertLessEqual(len(last[agent]["Contacts"]), 1)
                talking[len(last[agent]["Contacts"])] += 1
        self.assertGreater(talking[1], 3)
        self.assertEqual({len(snapshot["Contacts"]) for snapshot in last.values()}, {0})

    def test_shares_are_kept_as_near_as_whole_callers_can(self):
        world = World()
        world.pair.update(world.group, shares(30))
        world.phone.call(world.group, 5, seconds=100)
        world.run(100)
        a, b = world.region(A)["offered"], world.region(B)["offered"]
        self.assertLess(abs(a - 0.3 * (a + b)), 1.01)

    def test_nobody_answers_where_nobody_works(self):
        world = World()
        world.phone.open(1)
        world.run(5)
        # Telephony is moved and agents are not.
        world.move(0, 100)
        world.phone.call(world.group, 1, seconds=30)
        events = world.run(200)
        self.assertEqual({kind for region, kind, _ in events if region == B}, {"INITIATED", "QUEUED", "DISCONNECTED"})
        there = world.region(B)
        self.assertEqual((there["landed"], there["answered"]), (there["abandoned"], 0))
        for _, kind, event in events:
            if kind == "DISCONNECTED":
                self.assertNotIn("agentInfo", event["detail"])

    def test_agents_who_move_finish_their_contact_and_are_available_after_a_while(self):
        world = World(users=4)
        world.phone.settings |= {"talkSeconds": [50, 50], "moveSeconds": [2, 2], "availableSeconds": [10, 10]}
        world.phone.open(0)
        world.run(15)
        world.phone.call(world.group, 100, seconds=0.1)
        world.run(5)
        busy = world.region(A)["agents"]["onContact"]
        self.assertGreater(busy, 0)
        world.move(0)
        world.run(3)
        # Those who were free have signed in and are not ready yet.
        self.assertEqual(world.region(B)["agents"], {"here": 4 - busy, "online": 0, "available": 0, "onContact": 0})
        world.run(10)
        self.assertEqual(world.region(B)["agents"]["available"], 4 - busy)
        self.assertEqual(world.region(A)["agents"]["onContact"], busy)
        events = world.run(120)
        self.assertEqual(world.region(B)["agents"]["available"], 4)
        self.assertEqual(Counter(kind for region, kind, _ in events if region == A)["LOGOUT"], busy)
        self.assertEqual({region for region, kind, event in world.events if kind == "LOGIN"}, {A, B})
        # Half of them go back, the first ones.
        world.move(50)
        world.run(30)
        self.assertEqual([world.region(region)["agents"]["available"] for region in (A, B)], [2, 2])

    def test_a_dead_region_tells_nothing_and_loses_its_callers_until_they_are_moved(self):
        world = World()
        world.phone.open(1)
        world.phone.call(world.group, 2)
        world.run(30)
        died = world.now
        world.phone.set_alive(A, False)
        self.assertEqual(world.run(30), [])
        dead = world.region(A)
        self.assertEqual(dead["offered"], dead["landed"] + dead["lost"])
        self.assertGreater(dead["lost"], 10)
        self.assertGreater(dead["dropped"], 0)
        self.assertLessEqual(dead["lastEventAt"], died)
        self.assertEqual(dead["agents"]["online"], 0)
        world.move(0)
        moved = world.now
        events = world.run(30)
        self.assertEqual({region for region, _, _ in events}, {B})
        change = world.phone.as_json()["changes"][-1]
        self.assertEqual(change["group"], "default")
        self.assertNotIn(A, change["first"])
        self.assertTrue(moved < change["first"][B] < change["firstAnswered"][B] < moved + 30)
        self.assertEqual(world.region(A)["lost"], dead["lost"])
        self.assertEqual(world.region(B)["agents"]["online"], 20)

    def test_a_region_that_is_back_gets_nobody_by_itself(self):
        world = World()
        world.phone.open(1)
        world.phone.call(world.group, 2)
        world.run(10)
        world.phone.set_alive(A, False)
        world.move(0)
        world.run(30)
        world.phone.set_alive(A, True)
        events = world.run(30)
        self.assertEqual({region for region, _, _ in events}, {B})
        self.assertNotIn("LOGIN", {kind for _, kind, _ in events})
        world.move(10)
        world.run(30)
        self.assertEqual([world.region(region)["agents"]["online"] for region in (A, B)], [2, 18])

    def test_agents_of_a_region_that_is_back_sign_in_again(self):
        world = World()
        world.phone.open(1)
        world.run(10)
        world.phone.set_alive(A, False)
        world.run(10)
        world.phone.set_alive(A, True)
        events = world.run(10)
        self.assertEqual(Counter(kind for _, kind, _ in events), {"LOGIN": 20, "STATE_CHANGE": 20})
        self.assertEqual(world.region(A)["agents"]["available"], 20)

    def test_with_global_routing_contacts_are_told_in_both_regions_and_agents_of_either_take_them(self):
        world = World(is_global=True)
        world.phone.open(1)
        world.run(5)
        world.move(100, 0)
        world.run(10)
        world.phone.call(world.group, 1, seconds=30)
        events = world.run(120)
        by_region = defaultdict(list)
        for region, kind, event in events:
            if "detail" in event:
                by_region[region].append((event["id"], event["detail"]))
                told = event["detail"]["globalResiliencyMetadata"]
                self.assertEqual((event["region"], told["originRegion"]), (region, A))
                self.assertEqual(told["activeRegion"], A if kind in ("INITIATED", "QUEUED") else B)
            else:
                self.assertEqual(region, B)
        self.assertEqual(by_region[A], by_region[B])
        self.assertEqual(world.region(A)["answered"], world.region(A)["landed"])
        # A wall between the Regions.
        world.pair.isolated = [A]
        world.phone.call(world.group, 1, seconds=30)
        before = world.region(A)["answered"]
        world.run(120)
        self.assertEqual(world.region(A)["answered"], before)
        self.assertGreater(world.region(A)["abandoned"], 0)

    def test_with_global_routing_a_dead_region_has_no_copies_either(self):
        world = World(is_global=True)
        world.phone.open(1)
        world.move(0)
        world.run(10)
        world.phone.set_alive(A, False)
        world.phone.call(world.group, 1, seconds=30)
        self.assertEqual({region for region, _, _ in world.run(60)}, {B})
        self.assertGreater(world.region(B)["answered"], 10)

    def test_agents_who_are_sent_to_and_fro_sign_in_once_where_they_end(self):
        world = World(users=5)
        world.phone.settings |= {"moveSeconds": [5, 5]}
        world.phone.open(0)
        world.run(10)
        for first in (0, 100, 0):
            world.move(first)
            events = world.run(2)
        events = world.run(20)
        self.assertEqual(Counter((region, kind) for region, kind, _ in events), {(B, "LOGIN"): 5, (B, "STATE_CHANGE"): 5})

    def test_copies_may_have_ids_of_their_own(self):
        world = World(is_global=True, does_share_id=False)
        world.phone.call(world.group, 1, seconds=10)
        ids = [event["id"] for _, _, event in world.run(60)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 4)

    def test_groups_have_callers_and_shares_of_their_own(self):
        world = World(groups=["sales"])
        world.pair.update(world.pair.groups[1], shares(0))
        world.phone.call(world.pair.groups[1], 1, seconds=30)
        world.run(40)
        self.assertEqual(world.region(A)["offered"], 0)
        self.assertGreater(world.region(B)["offered"], 10)
        self.assertEqual([change["group"] for change in world.phone.as_json()["changes"]], ["sales"])

    def test_the_same_seed_tells_the_same(self):
        def story():
            world = World()
            world.phone.open(3)
            world.phone.call(world.group, 2)
            world.run(60)
            world.move(40)
            world.run(60)
            return world.events

        self.assertEqual(story(), story())

    def test_callers_of_earlier_days_are_told_with_their_time(self):
        world = World()
        world.phone.tell_past(world.group, 0.5, NOON, 120, [7, 14])
        events = world.run(1)
        self.assertEqual([kind for _, kind, _ in events], ["INITIATED"] * 120)
        days = Counter(event["detail"]["initiationTimestamp"][:14] for _, _, event in events)
        self.assertEqual(days, {"2025-12-25T12:": 60, "2025-12-18T12:": 60})

    def test_a_group_on_hold_changes_nothing_until_it_is_in_force(self):
        world = World()
        world.pair.settings.set({"effectSeconds": 3600})
        world.move(0)
        world.phone.call(world.group, 1, seconds=10)
        world.run(20)
        self.assertEqual(world.region(B)["offered"], 0)
        self.assertEqual(world.phone.as_json()["changes"], [])


class MetricTests(unittest.TestCase):
    def test_metrics_count_the_whole_pair_and_none_are_there_before_anybody_works(self):
        world = World(users=2)
        self.assertEqual(world.phone.metrics(), {})
        world.phone.settings |= {"talkSeconds": [500, 500], "patienceSeconds": [500, 500]}
        world.phone.open(0)
        world.run(10)
        world.phone.call(world.group, 100, seconds=1)
        world.run(10)
        metrics = world.phone.metrics()
        self.assertEqual((metrics["AGENTS_ONLINE"], metrics["AGENTS_ON_CALL"], metrics["AGENTS_AVAILABLE"]), (2, 2, 0))
        self.assertEqual(metrics["CONTACTS_IN_QUEUE"], world.region(A)["landed"] - 2)
        self.assertGreater(metrics["OLDEST_CONTACT_AGE"], 8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
