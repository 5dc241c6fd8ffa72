"""Events of a contact center as Amazon Connect writes them: captured ones of `fixtures/quiet-day`, told of other people and times."""
import copy
import datetime
import json
import os
import uuid

DAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../fixtures/quiet-day")


def lines(name):
    with open(f"{DAY}/us-east-1.{name}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


CONTACT = {}
for line in lines("contact-events"):
    if line.get("detail", {}).get("channel") == "VOICE":
        CONTACT.setdefault(line["detail"]["eventType"], line)
AGENT = next(
    line for line in lines("agent-events") if line["EventType"] == "STATE_CHANGE" and line["CurrentAgentSnapshot"]["Contacts"])
# What of a captured contact is of that one alone.
OWN = ("recordings", "ContactEvaluations", "routingCriteria", "customerId", "initialContactId", "previousContactId")


def stamp(seconds, digits="milliseconds"):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")


class Writer:
    """Of one pair: `dice` makes the ids of events, the same ones for the same seed."""

    def __init__(self, pair, dice):
        self.pair, self.dice = pair, dice

    def event_id(self):
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def contact(self, kind, contact, region, now, id):
        """A contact event as the stream of a Region has it. With global routing it says where the contact is from and is now."""
        event = copy.deepcopy(CONTACT[kind])
        detail = event["detail"]
        instance = self.pair.instance_arn(contact.origin)
        for name in OWN:
            detail.pop(name, None)
        event |= {"id": id, "account": self.pair.account, "time": stamp(now, "seconds"), "region": region}
        event["resources"] = [instance, f"{instance}/contact/{contact.id}"]
        detail |= {"contactId": contact.id, "instanceArn": instance, "initiationTimestamp": stamp(contact.initiated)}
        times = {
            "connectedToSystemTimestamp": contact.initiated, "disconnectTimestamp": contact.disconnected,
        }
        detail |= {name: stamp(at) for name, at in times.items() if name in detail}
        if "queueInfo" in detail:
            detail["queueInfo"] |= {"queueArn": f"{instance}/queue/orders", "enqueueTimestamp": stamp(contact.queued)}
        if "tags" in detail:
            detail["tags"]["aws:connect:instanceId"] = self.pair.instance
        if contact.agent is None:
            detail.pop("agentInfo", None)
            if "disconnectReason" in detail:
                detail["disconnectReason"] = "CUSTOMER_DISCONNECT"
        elif "agentInfo" in detail:
            arn = self.pair.user_arn(contact.agent.region, contact.agent.user["Id"])
            detail["agentInfo"] = {"agentArn": arn, "connectedToAgentTimestamp": stamp(contact.connected)}
        if contact.is_global:
            active = contact.agent.region if contact.agent else contact.origin
            detail["globalResiliencyMetadata"] = {
                "activeRegion": active, "originRegion": contact.origin, "trafficDistributionGroupId": contact.group}
        return contact.id, event

    def agent(self, kind, agent, now):
        """An agent event of the Region where the agent is. The snapshot before it is the last one that was told."""
        instance = self.pair.instance_arn(agent.region)
        arn = self.pair.user_arn(agent.region, agent.user["Id"])
        before, agent.told = agent.told, None if kind == "LOGIN" else self.snapshot(agent, instance)
        return arn, {
            "AWSAccountId": self.pair.account, "AgentARN": arn, "CurrentAgentSnapshot": agent.told, "EventId": self.event_id(),
            "EventTimestamp": stamp(now), "EventType": kind, "InstanceARN": instance,
            "PreviousAgentSnapshot": None if kind == "LOGIN" else before, "Version": AGENT["Version"],
        }

    def snapshot(self, agent, instance):
        found = copy.deepcopy(AGENT["CurrentAgentSnapshot"])
        kind = "OFFLINE" if agent.status == "Offline" else "ROUTABLE"
        found["AgentStatus"] |= {
            "ARN": f"{instance}/agent-state/{agent.status.lower()}", "Name": agent.status, "Type": kind,
            "StartTimestamp": stamp(agent.status_since),
        }
        found["Configuration"] |= {"FirstName": "Agent", "LastName": agent.user["Username"][5:], "Username": agent.user["Username"]}
        found["Configuration"]["RoutingProfile"] |= {"ARN": f"{instance}/routing-profile/voice"}
        template, contact = found["Contacts"][0], agent.contact
        found["Contacts"] = [] if contact is None else [template | {
            "ContactId": contact.id, "ConnectedToAgentTimestamp": stamp(contact.connected), "QueueTimestamp": stamp(contact.queued),
            "Queue": template["Queue"] | {"ARN": f"{instance}/queue/orders"}, "State": "CONNECTED",
            "StateStartTimestamp": stamp(contact.connected),
        }]
        return found
