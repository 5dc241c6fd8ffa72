"""Tests of connect.py, through botocore's own client: every answer is held against its model of Amazon Connect."""
import datetime
import os
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from conform import Checker
from connect_operations import PROTOCOL, RESOURCE_KINDS
from rig import Case
from service import Bucket

SOURCE, REPLICA = "us-east-1", "us-west-2"
os.environ |= {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret"}
OPERATIONS = {name for _, _, name in PROTOCOL.routes}


def shares(first, second):
    return {"Distributions": [{"Region": SOURCE, "Percentage": first}, {"Region": REPLICA, "Percentage": second}]}


def sign_in(first, second):
    return {"Distributions": [{"Region": SOURCE, "Enabled": first}, {"Region": REPLICA, "Enabled": second}]}


class StubCase(Case):
    def setUp(self):
        self.stub = self.server("connect.py", "--group", "sales", "--users", "25", "--rate", "1000", "--burst", "1000", SOURCE, REPLICA)
        self.world = self.stub.ask("GET", "/_stub/world")
        self.instance = self.world["instance"]
        self.group, self.sales = self.world["groups"]
        self.checkers = []
        self.source, self.replica = self.region(SOURCE), self.region(REPLICA)

    def tearDown(self):
        for checker in self.checkers:
            self.assertEqual(checker.found, [])

    def region(self, name, **others):
        client = self.client("connect", name, self.world["endpoints"][name], **others)
        self.checkers.append(Checker(client))
        return client

    def put(self, what, **wanted):
        return self.stub.ask("PUT", f"/_stub/{what}", wanted)

    def refused(self, code, status, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)
        return caught.exception.response["Error"]["Message"]

    def log(self):
        return self.stub.ask("GET", "/_stub/log")


class ModelTests(StubCase):
    def test_every_operation_answers_as_the_model_has_it_in_both_regions(self):
        for client in (self.source, self.replica):
            arn = self.group["arn"]
            client.describe_instance(InstanceId=self.instance)
            client.list_traffic_distribution_groups(InstanceId=self.instance)
            client.describe_traffic_distribution_group(TrafficDistributionGroupId=arn)
            client.list_traffic_distribution_group_users(TrafficDistributionGroupId=arn)
            client.get_traffic_distribution(Id=arn)
            client.update_traffic_distribution(
                Id=arn, TelephonyConfig=shares(0, 100), AgentConfig=shares(0, 100), SignInConfig=sign_in(False, True))
            client.list_users(InstanceId=self.instance)
            client.list_routing_profiles(InstanceId=self.instance)
            client.search_users(InstanceId=self.instance)
            for kind in RESOURCE_KINDS:
                client.list_replication_findings(InstanceId=self.instance, ResourceType=kind)
            client.get_cross_region_routing(InstanceId=self.instance)
            client.get_current_metric_data(
                InstanceId=self.instance, Filters={"Channels": ["VOICE"]}, Groupings=["CHANNEL"],
                CurrentMetrics=[{"Name": "AGENTS_ONLINE", "Unit": "COUNT"}, {"Name": "OLDEST_CONTACT_AGE", "Unit": "SECONDS"}])
        for checker in self.checkers:
            self.assertEqual({name for name, outcome in checker.seen if outcome == "done"}, OPERATIONS)

    def test_what_can_be_set_is_answered_as_the_model_has_it(self):
        finding = {"Arn": f"{self.world['instanceArns'][SOURCE]}/queue/q", "Id": "q", "Region": REPLICA, "Name": "Orders", "Operation": "UPDATE"}
        self.put(
            "pair", replication={REPLICA: "INSTANCE_REPLICATION_IN_PROGRESS"}, instanceStatus={SOURCE: "CREATION_FAILED"},
            isolated=[SOURCE], metrics={"AGENTS_ONLINE": 12, "OLDEST_CONTACT_AGE": None}, findings={"QUEUE": [finding]},
            drift={"QUEUE": {SOURCE: 3, REPLICA: None}}, kindStates={"QUEUE": {REPLICA: "BLOCKED"}}, members={"sales": ["u1", "u2"]})
        found = self.source.describe_instance(InstanceId=self.world["instanceArns"][SOURCE])
        self.assertEqual(found["Instance"]["InstanceStatus"], "CREATION_FAILED")
        statuses = found["ReplicationConfiguration"]["ReplicationStatusSummaryList"]
        self.assertIn({"Region": REPLICA, "ReplicationStatus": "INSTANCE_REPLICATION_IN_PROGRESS"}, statuses)
        self.assertEqual(self.replica.get_cross_region_routing(InstanceId=self.instance)["IsolatedRegions"], [SOURCE])
        found = self.replica.list_replication_findings(InstanceId=self.instance, ResourceType="QUEUE")
        self.assertEqual([each["Name"] for each in found["ReplicationFindingsList"]], ["Orders"])
        self.assertEqual([(each["Region"], each["Count"]) for each in found["ApproximateDriftedResourceCounts"]], [(SOURCE, 3)])
        self.assertIn({"Region": REPLICA, "Status": "BLOCKED"}, found["ResourceReplicationStatuses"])
        found = self.source.list_traffic_distribution_group_users(TrafficDistributionGroupId=self.sales["id"])
        self.assertEqual([each["UserId"] for each in found["TrafficDistributionGroupUserSummaryList"]], ["u1", "u2"])
        metrics = [{"Name": "AGENTS_ONLINE"}, {"Name": "OLDEST_CONTACT_AGE"}]
        found = self.source.get_current_metric_data(InstanceId=self.instance, Filters={"Channels": ["VOICE"]}, CurrentMetrics=metrics)
        self.assertEqual([each.get("Value") for each in found["MetricResults"][0]["Collections"]], [12.0, None])

    def test_lists_come_in_pages(self):
        pages = self.source.get_paginator("list_users").paginate(InstanceId=self.instance, PaginationConfig={"PageSize": 10})
        names = [[user["Username"] for user in page["UserSummaryList"]] for page in pages]
        self.assertEqual([len(page) for page in names], [10, 10, 5])
        self.assertEqual(len(set(sum(names, []))), 25)
        pages = self.replica.get_paginator("list_traffic_distribution_group_users").paginate(TrafficDistributionGroupId=self.group["arn"])
        self.assertEqual([len(page["TrafficDistributionGroupUserSummaryList"]) for page in pages], [10, 10, 5])
        # Many may be asked for; ten come.
        found = self.source.list_traffic_distribution_group_users(TrafficDistributionGroupId=self.group["arn"], MaxResults=1000)
        self.assertEqual(len(found["TrafficDistributionGroupUserSummaryList"]), 10)
        pages = self.source.get_paginator("list_traffic_distribution_groups").paginate(PaginationConfig={"PageSize": 1})
        groups = [page["TrafficDistributionGroupSummaryList"][0] for page in pages]
        self.assertEqual([(group["Name"], group["IsDefault"]) for group in groups], [("default", True), ("sales", False)])
        criteria = {"StringCondition": {"FieldName": "Username", "Value": "agent0001", "ComparisonType": "STARTS_WITH"}}
        found = self.source.search_users(InstanceId=self.instance, SearchCriteria=criteria, MaxResults=4)
        self.assertEqual((len(found["Users"]), found["ApproximateTotalCount"]), (4, 10))
        found = self.source.search_users(InstanceId=self.instance, SearchCriteria=criteria, NextToken=found["NextToken"])
        self.assertEqual([user["Username"] for user in found["Users"]], [f"agent{number:05}" for number in range(14, 20)])


class DistributionTests(StubCase):
    def update(self, client=None, id=None, **configs):
        return (client or self.source).update_traffic_distribution(Id=id or self.group["arn"], **configs)

    def test_a_group_begins_with_everything_at_the_source(self):
        found = self.replica.get_traffic_distribution(Id=self.group["arn"])
        self.assertEqual(found["TelephonyConfig"], shares(100, 0))
        self.assertEqual(found["AgentConfig"], shares(100, 0))
        self.assertEqual(found["SignInConfig"], sign_in(True, True))
        self.assertNotIn("SignInConfig", self.source.get_traffic_distribution(Id=self.sales["id"]))

    def test_a_bare_id_is_known_in_the_source_region_alone(self):
        self.source.get_traffic_distribution(Id=self.group["id"])
        for call, name in [
            (self.replica.get_traffic_distribution, "Id"), (self.replica.update_traffic_distribution, "Id"),
            (self.replica.describe_traffic_distribution_group, "TrafficDistributionGroupId"),
            (self.replica.list_traffic_distribution_group_users, "TrafficDistributionGroupId"),
        ]:
            self.refused("ResourceNotFoundException", 404, call, **{name: self.group["id"]})
        # The ARN names the source Region, wherever it is used.
        wrong = self.group["arn"].replace(SOURCE, REPLICA)
        self.refused("ResourceNotFoundException", 404, self.replica.get_traffic_distribution, Id=wrong)

    def test_an_update_in_either_region_is_seen_in_both_and_moves_the_time(self):
        before = self.source.get_traffic_distribution(Id=self.group["arn"])["LastFailoverTime"]
        for client, first in [(self.replica, 0), (self.source, 30), (self.source, 30)]:
            self.update(client, TelephonyConfig=shares(first, 100 - first), AgentConfig=shares(first, 100 - first))
            found = [each.get_traffic_distribution(Id=self.group["arn"]) for each in (self.source, self.replica)]
            for each in found:
                self.assertEqual(each["TelephonyConfig"], shares(first, 100 - first))
                self.assertGreater(each["LastFailoverTime"], before)
            before = found[0]["LastFailoverTime"]
        self.assertEqual([group["updates"] for group in self.stub.ask("GET", "/_stub/world")["groups"]], [3, 0])

    def test_a_part_of_a_distribution_leaves_the_rest_as_it_is(self):
        self.update(SignInConfig=sign_in(False, True))
        found = self.source.get_traffic_distribution(Id=self.group["id"])
        self.assertEqual((found["SignInConfig"], found["TelephonyConfig"]), (sign_in(False, True), shares(100, 0)))

    def test_what_is_no_distribution_is_refused_and_changes_nothing(self):
        one = {"Distributions": [{"Region": SOURCE, "Percentage": 100}]}
        other = {"Distributions": [{"Region": SOURCE, "Percentage": 100}, {"Region": "eu-west-2", "Percentage": 0}]}
        twice = {"Distributions": [{"Region": SOURCE, "Percentage": 50}, {"Region": SOURCE, "Percentage": 50}]}
        for configs in [
            {"TelephonyConfig": shares(50, 40)}, {"TelephonyConfig": shares(95, 5)}, {"TelephonyConfig": one},
            {"TelephonyConfig": other}, {"TelephonyConfig": twice}, {"AgentConfig": shares(33, 67)}, {},
            {"TelephonyConfig": shares(0, 100), "AgentConfig": one}, {"SignInConfig": {"Distributions": sign_in(True, True)["Distributions"][:1]}},
        ]:
            self.refused("InvalidRequestException", 400, self.update, **configs)
        self.refused("InvalidRequestException", 400, self.update, id=self.sales["arn"], SignInConfig=sign_in(True, False))
        self.assertEqual(self.stub.ask("GET", "/_stub/world")["groups"], self.world["groups"])
        # Nobody says that agents have to sum up.
        self.update(AgentConfig=shares(0, 50))

    def test_a_group_that_is_being_updated_takes_no_other_update(self):
        self.put("settings", updateSeconds=None)
        self.update(TelephonyConfig=shares(0, 100))
        for client in (self.source, self.replica):
            found = client.describe_traffic_distribution_group(TrafficDistributionGroupId=self.group["arn"])
            self.assertEqual(found["TrafficDistributionGroup"]["Status"], "UPDATE_IN_PROGRESS")
        for conflict, status in [("InvalidRequestException", 400), ("ResourceConflictException", 409)]:
            self.put("settings", conflict=conflict)
            self.refused(conflict, status, self.update, TelephonyConfig=shares(100, 0))
        self.refused("InvalidRequestException", 400, self.source.get_traffic_distribution, Id=self.group["id"])
        for reading, wanted in [("old", shares(100, 0)), ("new", shares(0, 100))]:
            self.put("settings", reading=reading)
            self.assertEqual(self.source.get_traffic_distribution(Id=self.group["id"])["TelephonyConfig"], wanted)
        # Other groups are not concerned.
        self.update(id=self.sales["arn"], TelephonyConfig=shares(0, 100))
        self.put("group", group="default", status="ACTIVE")
        self.put("settings", updateSeconds=0.2)
        self.update(TelephonyConfig=shares(100, 0))
        self.eventually("the update is over", lambda: self.stub.ask("GET", "/_stub/world")["groups"][0]["status"] == "ACTIVE")
        self.update(TelephonyConfig=shares(0, 100))

    def test_callers_follow_an_update_after_a_while(self):
        self.put("settings", effectSeconds=3600)
        self.update(TelephonyConfig=shares(0, 100))
        group = self.stub.ask("GET", "/_stub/world")["groups"][0]
        self.assertEqual(group["distribution"]["TelephonyConfig"], {SOURCE: 0, REPLICA: 100})
        self.assertEqual(group["inForce"]["TelephonyConfig"], {SOURCE: 100, REPLICA: 0})

    def test_somebody_else_may_change_a_distribution(self):
        before = self.source.get_traffic_distribution(Id=self.group["arn"])["LastFailoverTime"]
        self.put("hand", group="default", TelephonyConfig=shares(40, 60))
        found = self.source.get_traffic_distribution(Id=self.group["arn"])
        self.assertEqual(found["TelephonyConfig"], shares(40, 60))
        self.assertGreater(found["LastFailoverTime"], before)
        with self.assertRaises(urllib.error.HTTPError):
            self.put("hand", group="none", TelephonyConfig=shares(40, 60))

    def test_what_is_not_there_is_not_found(self):
        nobody = "00000000-0000-4000-8000-000000000000"
        self.refused("ResourceNotFoundException", 404, self.source.describe_instance, InstanceId=nobody)
        self.refused("ResourceNotFoundException", 404, self.source.get_traffic_distribution, Id=nobody)
        # An instance has another ARN in each Region.
        self.refused("ResourceNotFoundException", 404, self.source.describe_instance, InstanceId=self.world["instanceArns"][REPLICA])
        self.refused(
            "InvalidRequestException", 400, self.source.list_replication_findings, InstanceId=self.instance, ResourceType="LAMBDA")


class TroubleTests(StubCase):
    def test_requests_of_a_region_are_throttled_together(self):
        for code in ("ThrottlingException", "TooManyRequestsException"):
            self.put("throttle", rate=0, burst=5, code=code)
            for _ in range(2):
                self.source.describe_instance(InstanceId=self.instance)
                self.source.get_traffic_distribution(Id=self.group["id"])
            self.source.list_users(InstanceId=self.instance)
            self.refused(code, 429, self.source.get_traffic_distribution, Id=self.group["id"])
            self.refused(code, 429, self.source.list_users, InstanceId=self.instance)
            # The other Region has a quota of its own.
            self.replica.describe_instance(InstanceId=self.instance)

    def test_a_quota_is_so_many_a_second_and_so_many_at_once(self):
        bucket = Bucket(2, 5)
        for now, wanted in [(100, 5), (100.4, 0), (100.5, 1), (102, 3), (200, 5)]:
            self.assertEqual([bucket.take(now) for _ in range(9)], [True] * wanted + [False] * (9 - wanted))

    def test_a_region_can_be_out_in_every_way_and_come_back(self):
        hasty = self.region(SOURCE, read_timeout=1)
        for state, error in [
            ("hang", ReadTimeoutError), ("reset", ConnectionClosedError), ("refuse", EndpointConnectionError), ("error", ClientError),
        ]:
            self.put("state", **{SOURCE: state})
            self.assertRaises(error, hasty.describe_instance, InstanceId=self.instance)
            self.replica.get_traffic_distribution(Id=self.group["arn"])
            self.put("state", **{SOURCE: "up"})
            self.source.describe_instance(InstanceId=self.instance)
        outcomes = [entry["outcome"] for entry in self.log() if "Botocore" in entry["agent"] and entry["door"] == SOURCE]
        self.assertEqual(outcomes, ["hang", "done", "reset", "done", "done", "refused", "done"])

    def test_an_answer_that_is_lost_was_an_update_that_is_done(self):
        hasty = self.region(SOURCE, read_timeout=1)
        for kind, error, client in [("lost", ConnectionClosedError, self.source), ("hangDone", ReadTimeoutError, hasty)]:
            self.stub.ask("PUT", "/_stub/faults", [{"operation": "UpdateTrafficDistribution", "fault": kind, "times": 1}])
            before = self.source.get_traffic_distribution(Id=self.group["id"])["LastFailoverTime"]
            update = {"Id": self.group["id"], "TelephonyConfig": shares(0, 100)}
            self.assertRaises(error, client.update_traffic_distribution, **update)
            found = self.source.get_traffic_distribution(Id=self.group["id"])
            self.assertEqual(found["TelephonyConfig"], shares(0, 100))
            self.assertGreater(found["LastFailoverTime"], before)
            self.assertEqual(self.stub.ask("GET", "/_stub/fired"), [1])
        lost = [entry for entry in self.log() if entry.get("isLost")]
        self.assertEqual([(entry["operation"], entry["outcome"]) for entry in lost], [("UpdateTrafficDistribution", "done")] * 2)

    def test_faults_hit_the_requests_they_name(self):
        wanted = {"door": REPLICA, "operation": "DescribeInstance", "times": 1}
        self.stub.ask("PUT", "/_stub/faults", [
            wanted | {"fault": "error", "code": "AccessDeniedException", "status": 403},
            wanted | {"fault": "reset"}, wanted | {"fault": "delay", "milliseconds": [1, 2], "times": 3},
        ])
        self.source.describe_instance(InstanceId=self.instance)
        self.replica.get_traffic_distribution(Id=self.group["arn"])
        self.refused("AccessDeniedException", 403, self.replica.describe_instance, InstanceId=self.instance)
        self.assertEqual(self.stub.ask("GET", "/_stub/fired"), [1, 1, 1])
        self.replica.describe_instance(InstanceId=self.instance)
        self.put("latency", **{REPLICA: [1, 2]})
        self.replica.describe_instance(InstanceId=self.instance)
        with self.assertRaises(urllib.error.HTTPError):
            self.stub.ask("PUT", "/_stub/faults", [{"fault": "earthquake"}])

    def test_a_request_needs_a_fresh_signature_for_connect_in_its_region(self):
        address = self.world["endpoints"][SOURCE]
        with self.assertRaisesRegex(urllib.error.HTTPError, "403"):
            urllib.request.urlopen(f"{address}/instance/{self.instance}")
        elsewhere = self.client("connect", REPLICA, address)
        self.assertIn("us-east-1/connect", self.refused("InvalidSignatureException", 403, elsewhere.describe_instance, InstanceId=self.instance))
        # botocore would correct its clock by the answer's date otherwise.
        for ahead, text in [(310, "expired"), (-310, "not yet current")]:
            self.put("clock", ahead=ahead)
            client = self.region(SOURCE)
            client.meta.events.register("before-sign", lambda request, **_: request.context.pop("clock_skew", None))
            self.assertIn(text, self.refused("InvalidSignatureException", 403, client.describe_instance, InstanceId=self.instance))
        self.put("clock", ahead=290)
        self.source.describe_instance(InstanceId=self.instance)

    def test_the_log_tells_who_asked_for_what_and_what_became_of_it(self):
        self.stub.ask("DELETE", "/_stub/log")
        self.replica.update_traffic_distribution(Id=self.group["arn"], TelephonyConfig=shares(0, 100))
        self.refused("ResourceNotFoundException", 404, self.replica.get_traffic_distribution, Id=self.group["id"])
        self.put("hand", group="sales", AgentConfig=shares(10, 90))
        update, read, hand = self.log()
        self.assertEqual((update["door"], update["operation"], update["key"]), (REPLICA, "UpdateTrafficDistribution", "AKIATEST"))
        self.assertEqual((update["body"], update["outcome"]), ({"TelephonyConfig": shares(0, 100)}, "done"))
        self.assertEqual((read["outcome"], read["status"], read["code"]), ("refused", 404, "ResourceNotFoundException"))
        self.assertEqual((hand["door"], hand["body"]), ("hand", {"AgentConfig": shares(10, 90)}))
        self.assertLess(update["at"], hand["at"])
        self.assertAlmostEqual(hand["at"], datetime.datetime.now().timestamp(), delta=600)

    def test_a_path_that_the_service_does_not_have_is_no_operation(self):
        """As an ARN whose slash is not encoded."""
        self.source.meta.events.register(
            "before-sign", lambda request, **_: setattr(request, "url", request.url.replace("%2F", "/")))
        self.refused("UnknownOperationException", 404, self.source.get_traffic_distribution, Id=self.group["arn"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
