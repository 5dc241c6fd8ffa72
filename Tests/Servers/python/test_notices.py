"""Tests of routing_controls.py and health.py, through botocore's own clients, and of webhooks.py."""
import datetime
import os
import unittest
import urllib.error
import urllib.request

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from conform import Checker
from rig import Case
from routing_controls import REGIONS

os.environ |= {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret"}


class CheckedCase(Case):
    def setUp(self):
        self.checkers = []

    def tearDown(self):
        for checker in self.checkers:
            self.assertEqual(checker.found, [])

    def checked(self, client):
        self.checkers.append(Checker(client))
        return client

    def refused(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response


class RoutingControlTests(CheckedCase):
    def setUp(self):
        super().setUp()
        self.stub = self.server("routing_controls.py", "--on", "us-east-1", "us-east-1", "us-west-2")
        self.world = self.stub.ask("GET", "/_stub/world")
        self.east, self.west = (self.world["controls"][name]["arn"] for name in ("us-east-1", "us-west-2"))
        self.cells = {region: self.cell(region) for region in REGIONS}

    def cell(self, region, **others):
        return self.checked(self.client("route53-recovery-cluster", region, self.world["endpoints"][region], **others))

    def states(self, region):
        found = [self.cells[region].get_routing_control_state(RoutingControlArn=arn) for arn in (self.east, self.west)]
        return [each["RoutingControlState"] for each in found]

    def flip(self, region, east, west, **more):
        return self.cells[region].update_routing_control_states(UpdateRoutingControlStateEntries=[
            {"RoutingControlArn": self.east, "RoutingControlState": east}, {"RoutingControlArn": self.west, "RoutingControlState": west},
        ], **more)

    def test_the_five_endpoints_have_one_truth(self):
        self.assertEqual(len(set(self.world["endpoints"].values())), 5)
        for number, region in enumerate(REGIONS):
            east, west = ("Off", "On") if number % 2 == 0 else ("On", "Off")
            self.flip(region, east, west)
            for other in REGIONS:
                self.assertEqual(self.states(other), [east, west])
        self.assertEqual(self.stub.ask("GET", "/_stub/world")["updates"], 5)
        self.cells["us-west-2"].update_routing_control_state(RoutingControlArn=self.west, RoutingControlState="On")
        found = self.cells["eu-west-1"].list_routing_controls()["RoutingControls"]
        self.assertEqual({each["RoutingControlName"]: each["RoutingControlState"] for each in found}, {"us-east-1": "Off", "us-west-2": "On"})
        pages = self.cells["eu-west-1"].get_paginator("list_routing_controls").paginate(PaginationConfig={"PageSize": 1})
        self.assertEqual([len(page["RoutingControls"]) for page in pages], [1, 1])

    def test_a_safety_rule_keeps_one_of_them_on(self):
        refused = self.refused("ConflictException", self.flip, region="us-east-1", east="Off", west="Off")
        self.assertEqual(refused["resourceId"], self.world["rule"])
        self.refused(
            "ConflictException", self.cells["us-east-1"].update_routing_control_state, RoutingControlArn=self.east,
            RoutingControlState="Off")
        self.assertEqual(self.states("us-east-1"), ["On", "Off"])
        self.flip("us-east-1", "Off", "Off", SafetyRulesToOverride=[self.world["rule"]])
        self.assertEqual(self.states("us-east-1"), ["Off", "Off"])

    def test_what_is_wrong_or_not_there_is_refused_and_changes_nothing(self):
        cell = self.cells["us-east-1"]
        nobody = {"RoutingControlArn": self.east + "0", "RoutingControlState": "On"}
        self.refused("ResourceNotFoundException", cell.get_routing_control_state, RoutingControlArn=nobody["RoutingControlArn"])
        good = {"RoutingControlArn": self.west, "RoutingControlState": "On"}
        self.refused("ResourceNotFoundException", cell.update_routing_control_states, UpdateRoutingControlStateEntries=[good, nobody])
        self.refused("ValidationException", cell.update_routing_control_states, UpdateRoutingControlStateEntries=[good, good])
        self.refused("ResourceNotFoundException", cell.list_routing_controls, ControlPanelArn="arn:none")
        self.assertEqual(self.states("us-east-1"), ["On", "Off"])

    def test_some_endpoints_may_be_unavailable_or_down(self):
        states = {"us-east-1": "error", "eu-west-1": "refuse", "ap-northeast-1": "reset", "ap-southeast-2": "hang"}
        self.stub.ask("PUT", "/_stub/state", states)
        call = {"RoutingControlArn": self.east}
        self.refused("EndpointTemporarilyUnavailableException", self.cells["us-east-1"].get_routing_control_state, **call)
        self.assertRaises(EndpointConnectionError, self.cells["eu-west-1"].get_routing_control_state, **call)
        self.assertRaises(ConnectionClosedError, self.cells["ap-northeast-1"].get_routing_control_state, **call)
        self.assertRaises(ReadTimeoutError, self.cell("ap-southeast-2", read_timeout=1).get_routing_control_state, **call)
        self.flip("us-west-2", "Off", "On")
        self.stub.ask("PUT", "/_stub/state", dict.fromkeys(states, "up"))
        for region in REGIONS:
            self.assertEqual(self.states(region), ["Off", "On"])

    def test_somebody_else_may_flip_them_and_the_log_tells_who_did_what(self):
        self.stub.ask("PUT", "/_stub/controls", {"us-east-1": "Off"})
        self.assertEqual(self.states("us-east-1"), ["Off", "Off"])
        self.stub.ask("DELETE", "/_stub/log")
        self.flip("us-west-2", "Off", "On")
        entry, = self.stub.ask("GET", "/_stub/log")
        self.assertEqual((entry["door"], entry["operation"], entry["key"]), ("us-west-2", "UpdateRoutingControlStates", "AKIATEST"))
        # Each endpoint is its Region's.
        stranger = self.client("route53-recovery-cluster", "us-east-1", self.world["endpoints"]["us-west-2"])
        self.refused("InvalidSignatureException", stranger.list_routing_controls)


class HealthTests(CheckedCase):
    def setUp(self):
        super().setUp()
        self.stub = self.server("health.py")
        session = botocore.session.get_session()
        loader = session.get_component("data_loader")
        load = loader.load_service_model

        def in_json(service, kind, api_version=None):
            found = load(service, kind, api_version)
            if (service, kind) == ("health", "service-2"):
                return found | {"metadata": found["metadata"] | {"protocol": "json", "protocols": ["json"]}}
            return found

        loader.load_service_model = in_json
        self.health = self.checked(boto3.Session(botocore_session=session).client(
            "health", region_name="us-east-1", endpoint_url=self.stub.ask("GET", "/_stub/world")["endpoint"],
            config=Config(retries={"total_max_attempts": 1})))

    def event(self, number, **more):
        return {
            "arn": f"arn:aws:health:us-east-1::event/CONNECT/AWS_CONNECT_OPERATIONAL_ISSUE/{number}", "service": "CONNECT",
            "eventTypeCode": "AWS_CONNECT_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "region": "us-east-1",
            "startTime": 1_767_268_800 + number, "lastUpdatedTime": 1_767_268_900 + number, "statusCode": "open",
            "eventScopeCode": "PUBLIC",
        } | more

    def numbers(self, **wanted):
        found = self.health.describe_events(filter=wanted)["events"]
        return [int(event["arn"].rpartition("/")[2]) for event in found]

    def test_events_are_found_by_what_they_say(self):
        self.assertEqual(self.numbers(), [])
        self.stub.ask("PUT", "/_stub/events", [
            self.event(1), self.event(2, region="us-west-2"), self.event(3, service="LAMBDA", eventTypeCode="AWS_LAMBDA_ISSUE"),
            self.event(4, statusCode="closed", endTime=1_767_270_000), self.event(5, eventTypeCategory="scheduledChange"),
        ])
        self.assertEqual(self.numbers(), [5, 4, 3, 2, 1])
        self.assertEqual(
            self.numbers(services=["CONNECT"], regions=["us-east-1"], eventStatusCodes=["open"], eventTypeCategories=["issue"]), [1])
        moment = datetime.datetime.fromtimestamp(1_767_268_903, datetime.timezone.utc)
        self.assertEqual(self.numbers(lastUpdatedTimes=[{"from": moment}]), [5, 4, 3])
        self.assertEqual(self.numbers(endTimes=[{"to": moment}]), [])
        pages = self.health.get_paginator("describe_events").paginate(PaginationConfig={"PageSize": 2})
        self.assertEqual([len(page["events"]) for page in pages], [2, 2, 1])
        self.refused("InvalidPaginationToken", self.health.describe_events, nextToken="nothing")

    def test_without_a_support_plan_it_says_so(self):
        self.stub.ask("PUT", "/_stub/subscription", {"isThere": False})
        self.refused("SubscriptionRequiredException", self.health.describe_events)
        self.stub.ask("PUT", "/_stub/subscription", {"isThere": True})
        self.assertEqual(self.numbers(), [])
        self.stub.ask("PUT", "/_stub/state", {"door": "error"})
        self.refused("InternalServerError", self.health.describe_events)


class WebhookTests(Case):
    def setUp(self):
        self.hooks = self.server("webhooks.py")
        self.endpoint = self.hooks.ask("GET", "/_stub/world")["endpoint"]

    def post(self, body, timeout=60, **headers):
        """The status, or None where there was no answer."""
        request = urllib.request.Request(self.endpoint + "/hook?a=1", body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as found:
                found.read()
                return found.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def test_what_it_was_sent_can_be_read_back(self):
        self.assertEqual(self.post('{"a": "größe"}', Signature="t=1,v1=ab"), 200)
        request, = self.hooks.ask("GET", "/_stub/requests")
        self.assertEqual((request["method"], request["path"], request["body"]), ("POST", "/hook?a=1", '{"a": "größe"}'))
        self.assertEqual((request["headers"]["signature"], request["outcome"]), ("t=1,v1=ab", 200))
        self.hooks.ask("DELETE", "/_stub/requests")
        self.assertEqual(self.hooks.ask("GET", "/_stub/requests"), [])

    def test_it_answers_as_it_is_told_in_that_order_and_then_well(self):
        self.hooks.ask("PUT", "/_stub/answers", [
            {"status": 503, "times": 2, "headers": {"Retry-After": "1"}}, {"status": "reset"}, {"status": "resetAfter"}, {"status": "hang"},
            {"status": 410, "milliseconds": 5, "body": "gone"},
        ])
        self.assertEqual([self.post("", timeout=1 if number == 4 else 60) for number in range(7)], [503, 503, None, None, None, 410, 200])
        outcomes = [request["outcome"] for request in self.hooks.ask("GET", "/_stub/requests")]
        self.assertEqual(outcomes, [503, 503, "reset", "resetAfter", "hang", 410, 200])
        self.hooks.ask("PUT", "/_stub/answers", [{"status": 500, "times": None}])
        self.assertEqual({self.post(str(number)) for number in range(10)}, {500})
        with self.assertRaises(urllib.error.HTTPError):
            self.hooks.ask("PUT", "/_stub/answers", [{"status": "thanks"}])


if __name__ == "__main__":
    unittest.main(verbosity=2)
