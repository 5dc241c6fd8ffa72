"""What the stub of Amazon Connect answers to: an operation each, as botocore's model connect 2017-08-08 has it (rest-json)."""
from connect_pair import SHARES, Refusal, identity, invalid
from service import RestJSON, page_of

PROTOCOL = RestJSON({
    "GET /instance/{InstanceId}": "DescribeInstance",
    "GET /traffic-distribution-groups": "ListTrafficDistributionGroups",
    "GET /traffic-distribution-group/{TrafficDistributionGroupId}": "DescribeTrafficDistributionGroup",
    "GET /traffic-distribution-group/{TrafficDistributionGroupId}/user": "ListTrafficDistributionGroupUsers",
    "GET /traffic-distribution/{Id}": "GetTrafficDistribution",
    "PUT /traffic-distribution/{Id}": "UpdateTrafficDistribution",
    "GET /users-summary/{InstanceId}": "ListUsers",
    "GET /routing-profiles-summary/{InstanceId}": "ListRoutingProfiles",
    "POST /search-users": "SearchUsers",
    "GET /replication-findings/{InstanceId}": "ListReplicationFindings",
    "GET /cross-region-routing/{InstanceId}": "GetCrossRegionRouting",
    "POST /metrics/current/{InstanceId}": "GetCurrentMetricData",
})
RESOURCE_KINDS = (
    "AGENT AGENT_GROUP AGENT_GROUP_LEVEL AGENT_STATE ATTRIBUTE CONTACT_FLOW DATA_TABLE DATA_TABLE_ATTRIBUTE DATA_TABLE_RECORD "
    "DATA_TABLE_VALUE FLOW_MODULE FLOW_MODULE_ALIAS FLOW_MODULE_VERSION METRIC NOTIFICATION OPERATING_HOURS PHONE_NUMBER PROMPT "
    "QUEUE REPORT ROUTING_PROFILE SECURITY_PROFILE TASK_TEMPLATE TEST_CASE TRANSFER_DESTINATION VIEW WORKSPACE").split()
METRICS = (
    "AGENTS_ONLINE AGENTS_AVAILABLE AGENTS_ON_CALL AGENTS_NON_PRODUCTIVE AGENTS_AFTER_CONTACT_WORK AGENTS_ERROR AGENTS_STAFFED "
    "CONTACTS_IN_QUEUE OLDEST_CONTACT_AGE CONTACTS_SCHEDULED AGENTS_ON_CONTACT SLOTS_ACTIVE SLOTS_AVAILABLE "
    "ESTIMATED_WAIT_TIME").split()
USER_PAGE, SEARCH_PAGE, GROUP_PAGE, MEMBER_PAGE, FINDING_PAGE = 1000, 500, 10, 10, 100


def page(items, token, wanted, most, ceiling=None):
    try:
        return page_of(items, token, wanted, most, ceiling, "NextToken")
    except ValueError as error:
        raise invalid(str(error)) from None


def as_config(member, shares):
    value = "Percentage" if member in SHARES else "Enabled"
    return {"Distributions": [{"Region": region, value: share} for region, share in shares.items()]}


class Operations:
    """Of one pair, for the doors of both Regions."""

    def __init__(self, pair, current_metrics):
        self.pair, self.current_metrics = pair, current_metrics

    @property
    def by_name(self):
        return {name: getattr(self, name) for _, _, name in PROTOCOL.routes}

    def asked_page(self, request, items, most, ceiling=None):
        return page(items, request.parameters.get("nextToken"), request.parameters.get("maxResults"), most, ceiling)

    def DescribeInstance(self, door, request):
        pair, region = self.pair, door.region
        pair.check_instance(region, request.parameters["InstanceId"])
        alias = "contact-center" if region == pair.source else "contact-center-replica"
        return {
            "Instance": {
                "Id": pair.instance, "Arn": pair.instance_arn(region), "IdentityManagementType": "SAML", "InstanceAlias": alias,
                "CreatedTime": pair.created, "ServiceRole": f"arn:aws:iam::{pair.account}:role/connect",
                "InstanceStatus": pair.instance_status[region], "InboundCallsEnabled": True, "OutboundCallsEnabled": True,
                "InstanceAccessUrl": f"https://{alias}.my.connect.aws",
            },
            "ReplicationConfiguration": {
                "ReplicationStatusSummaryList": [
                    {"Region": name, "ReplicationStatus": status} for name, status in pair.replication.items()],
                "SourceRegion": pair.source, "GlobalSignInEndpoint": f"https://{pair.source}.sign-in.connect.aws/saml/{pair.instance}",
            },
        }

    def ListTrafficDistributionGroups(self, door, request):
        if "instanceId" in request.parameters:
            self.pair.check_instance(door.region, request.parameters["instanceId"])
        found, more = self.asked_page(request, [group.summary(self.pair) for group in self.pair.groups], GROUP_PAGE)
        return {"TrafficDistributionGroupSummaryList": found, **more}

    def DescribeTrafficDistributionGroup(self, door, request):
        group = self.pair.find(door.region, request.parameters["TrafficDistributionGroupId"])
        return {"TrafficDistributionGroup": group.summary(self.pair) | {"Description": f"Group {group.name}"}}

    def ListTrafficDistributionGroupUsers(self, door, request):
        group = self.pair.find(door.region, request.parameters["TrafficDistributionGroupId"])
        members = [{"UserId": id} for id in self.pair.members[group.id]]
        found, more = self.asked_page(request, members, MEMBER_PAGE, ceiling=1000)
        return {"TrafficDistributionGroupUserSummaryList": found, **more}

    def GetTrafficDistribution(self, door, request):
        group = self.pair.find(door.region, request.parameters["Id"])
        shares = group.distribution
        if group.status != "ACTIVE":
            reading = self.pair.settings["reading"]
            if reading == "refused":
                raise invalid(f"Traffic distribution group {group.id} is {group.status}")
            shares = group.before if reading == "old" else shares
        found = {member: as_config(member, of) for member, of in shares.items()}
        return {"Id": group.id, "Arn": group.arn, "LastFailoverTime": round(group.last_failover, 3), **found}

    def UpdateTrafficDistribution(self, door, request):
        self.pair.update(self.pair.find(door.region, request.parameters["Id"]), request.body)
        return {}

    def ListUsers(self, door, request):
        self.pair.check_instance(door.region, request.parameters["InstanceId"])
        found, more = self.asked_page(request, self.pair.users, USER_PAGE)
        about = {"LastModifiedTime": self.pair.created, "LastModifiedRegion": self.pair.source}
        return {"UserSummaryList": [user | {"Arn": self.pair.user_arn(door.region, user["Id"])} | about for user in found], **more}

    def ListRoutingProfiles(self, door, request):
        """One, which everybody has."""
        self.pair.check_instance(door.region, request.parameters["InstanceId"])
        id = identity("routing-profile")
        profile = {"Id": id, "Arn": f"{self.pair.instance_arn(door.region)}/routing-profile/{id}", "Name": "Everybody"}
        found, more = self.asked_page(request, [profile], USER_PAGE)
        return {"RoutingProfileSummaryList": found, **more}

    def SearchUsers(self, door, request):
        body = request.body
        self.pair.check_instance(door.region, body.get("InstanceId"))
        users = [user for user in self.pair.users if self.fits(user, body.get("SearchCriteria", {}))]
        found, more = page(users, body.get("NextToken"), body.get("MaxResults"), SEARCH_PAGE)
        return {"Users": [self.found_user(door.region, user) for user in found], "ApproximateTotalCount": len(users), **more}

    def found_user(self, region, user):
        return {
            "Id": user["Id"], "Arn": self.pair.user_arn(region, user["Id"]), "Username": user["Username"],
            "IdentityInfo": {"FirstName": "Agent", "LastName": user["Username"][5:]},
            "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
        }

    def fits(self, user, criteria):
        """By `StringCondition` on `Username` or `ResourceId`, and those of conditions joined by or and and; nothing else."""
        for name, wanted in criteria.items():
            if name == "OrConditions":
                is_so = any(self.fits(user, each) for each in wanted)
            elif name == "AndConditions":
                is_so = all(self.fits(user, each) for each in wanted)
            elif name == "StringCondition" and wanted["FieldName"] in ("Username", "ResourceId"):
                text, value = user["Username" if wanted["FieldName"] == "Username" else "Id"], wanted["Value"]
                is_so = {"EXACT": text == value, "STARTS_WITH": text.startswith(value), "CONTAINS": value in text}[
                    wanted["ComparisonType"]]
            else:
                raise Refusal(400, "InvalidParameterException", f"The stub cannot search by {name} {wanted}")
            if not is_so:
                return False
        return True

    def ListReplicationFindings(self, door, request):
        pair = self.pair
        pair.check_instance(door.region, request.parameters["InstanceId"])
        kind = request.parameters.get("resourceType")
        if kind not in RESOURCE_KINDS:
            raise invalid(f"ResourceType {kind} is not supported")
        found, more = self.asked_page(request, pair.findings.get(kind, []), FINDING_PAGE)
        states = dict.fromkeys(pair.regions, "ENABLED") | pair.kind_states.get(kind, {})
        answer = {
            "ReplicationFindingsList": [{"ResourceType": kind} | finding for finding in found],
            "ResourceReplicationStatuses": [{"Region": region, "Status": state} for region, state in states.items()], **more,
        }
        counts = dict.fromkeys(pair.regions, 0) | pair.drift.get(kind, {})
        # A Region appears once its count has been computed.
        counts = [(region, count) for region, count in counts.items() if count is not None]
        if counts:
            now = round(pair.clock.now(), 3)
            answer["ApproximateDriftedResourceCounts"] = [
                {"Region": region, "Count": count, "Timestamp": now} for region, count in counts]
        return answer

    def GetCrossRegionRouting(self, door, request):
        self.pair.check_instance(door.region, request.parameters["InstanceId"])
        return {"IsolatedRegions": self.pair.isolated}

    def GetCurrentMetricData(self, door, request):
        """One answer for the whole pair, whichever Region is asked, as with global routing; of voice, with no grouping or by
        channel."""
        pair, body = self.pair, request.body
        pair.check_instance(door.region, request.parameters["InstanceId"])
        if not body.get("Filters") or not body.get("CurrentMetrics"):
            raise invalid("Filters and CurrentMetrics are needed")
        if any(grouping != "CHANNEL" for grouping in body.get("Groupings", [])):
            raise Refusal(400, "InvalidParameterException", "The stub groups by CHANNEL alone")
        values = self.current_metrics() | pair.metrics
        collections = []
        for metric in body["CurrentMetrics"]:
            if metric.get("Name") not in METRICS:
                raise Refusal(400, "InvalidParameterException", f"No metric {metric.get('Name')}")
            value = values.get(metric["Name"])
            collections.append({"Metric": metric} | ({} if value is None else {"Value": float(value)}))
        dimensions = {"Dimensions": {"Channel": "VOICE"}} if body.get("Groupings") else {}
        results = [{**dimensions, "Collections": collections}] if values else []
        now = round(pair.clock.now(), 3)
        return {"MetricResults": results, "DataSnapshotTime": now, "ApproximateTotalCount": len(results)}
