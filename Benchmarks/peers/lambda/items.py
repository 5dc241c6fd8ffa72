"""What an honest Lambda function writes: a small item an agent and one a contact, of what an obvious function would keep.

An event becomes changes `(table, id, attributes, time)`: the attributes that one UpdateItem sets, and the event's own time in
milliseconds. Two scopes:

    small   agent events to the agent's item, contact events and contact records to the contact's; nothing else is looked at
    all     also what a snapshot says anew of a contact (on hold, missed, after-call work), flow logs to the contact's item, and an
            item a session, customer and queue: what Converge keeps, without its history

Nothing is kept twice, names are short, ids stand without their ARN. Sizes are DynamoDB's, as it counts them for capacity:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
"""

from datetime import datetime, timezone

# Up to here a time means "not yet".
NOT_YET = 31_536_000_000


def milliseconds(text):
    """Of `YYYY-MM-DDTHH:MM:SS[.mmm]Z`."""
    start = datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
    return int(start.timestamp()) * 1000 + (int(text[20:23]) if len(text) == 24 else 0)


def told(text):
    """A time that may be missing or not come yet."""
    return text if text and milliseconds(text) >= NOT_YET else None


def last(arn):
    return arn.rsplit("/", 1)[-1] if arn else None


def region_of(event):
    """The Region on whose stream an event comes."""
    arn = event.get("AgentARN") or event.get("InstanceARN") or event.get("ContactFlowId")
    return arn.split(":")[3] if arn else event.get("region")


def is_agents(event):
    """Whether it comes on the stream of agent events, or on that of everything else."""
    return "AgentARN" in event


def changes(event, scope):
    if "AgentARN" in event:
        found = agent(event, scope)
    elif "detail" in event:
        found = [contact(event)]
    elif "InstanceARN" in event:
        found = [record(event)]
    elif scope == "all":
        found = [other(event)]
    else:
        return
    for table, name, attributes, time in found:
        attributes = {key: value for key, value in attributes.items() if value is not None}
        yield table, name, attributes | {"updated": time}, milliseconds(time)


def agent(event, scope):
    time, snapshot = event["EventTimestamp"], event.get("CurrentAgentSnapshot")
    name = last(event["AgentARN"])
    attributes = {"region": region_of(event)}
    if event["EventType"] in ("LOGIN", "LOGOUT"):
        attributes["presence"] = event["EventType"]
    if snapshot:
        configuration, status = snapshot.get("Configuration") or {}, snapshot.get("AgentStatus") or {}
        attributes |= {"status": status.get("Name"), "since": told(status.get("StartTimestamp")),
                       "username": configuration.get("Username"),
                       "profile": (configuration.get("RoutingProfile") or {}).get("Name")}
    yield "agent", name, attributes, time
    if scope == "all" and snapshot:
        yield from contacts_of(event, snapshot, name, time)


def contacts_of(event, snapshot, name, time):
    """What the snapshot says of contacts and the one before did not."""
    before = {each["ContactId"]: each for each in (event.get("PreviousAgentSnapshot") or {}).get("Contacts") or ()}
    for each in snapshot.get("Contacts") or ():
        if before.pop(each["ContactId"], None) != each:
            yield "contact", each["ContactId"], {
                "channel": each.get("Channel"), "queue": last((each.get("Queue") or {}).get("ARN")), "agent": name,
                "agentState": each.get("State"), "agentSince": told(each.get("StateStartTimestamp"))}, time
    for gone in before:
        yield "contact", gone, {"agentState": "LEFT", "agentSince": time}, time


def camel(value):
    """Contact events come in both spellings."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: camel(each) for name, each in value.items()}
    return value


def contact(event):
    detail = event["detail"] if "eventType" in event["detail"] else camel(event["detail"])
    queue, by = detail.get("queueInfo") or {}, detail.get("agentInfo") or {}
    kind = detail["eventType"]
    return "contact", detail["contactId"], {
        "channel": detail.get("channel"), "method": detail.get("initiationMethod"), "customer": detail.get("customerId"),
        "state": None if kind == "CONTACT_DATA_UPDATED" else kind,
        "queue": last(queue.get("queueArn")), "agent": last(by.get("agentArn")), "reason": detail.get("disconnectReason"),
        "initiated": told(detail.get("initiationTimestamp")), "queued": told(queue.get("enqueueTimestamp")),
        "connected": told(by.get("connectedToAgentTimestamp")), "ended": told(detail.get("disconnectTimestamp")),
    }, event["time"]


def record(event):
    """The whole contact once more, to the second: the times are where a contact event may never have come."""
    by, queue = event.get("Agent") or {}, event.get("Queue") or {}
    return "contact", event["ContactId"], {
        "channel": event.get("Channel"), "method": event.get("InitiationMethod"), "state": "COMPLETED",
        "queue": last(queue.get("ARN")), "agent": last(by.get("ARN")), "reason": event.get("DisconnectReason"),
        "recordInitiated": told(event.get("InitiationTimestamp")), "recordEnded": told(event.get("DisconnectTimestamp")),
    }, event["LastUpdateTimestamp"]


def other(event):
    if "ContactFlowId" in event:
        return "contact", event["ContactId"], {
            "flow": event.get("ContactFlowName"), "block": event.get("ContactFlowModuleType")}, event["Timestamp"]
    kind = event["type"].split(".")[1]
    table = {"authentication": "customer", "flow": "contact"}.get(kind, kind)
    return table, event["subject"], {name: text_of(value) for name, value in event["data"].items()}, event["time"]


def text_of(value):
    return value if value is None or isinstance(value, (str, int, float, bool, dict, list)) else str(value)


def size_of(value):
    """Bytes of a value."""
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (int, float)):
        return (len(repr(value).strip("-").replace(".", "")) + 1) // 2 + 1
    if isinstance(value, dict):
        return 3 + sum(1 + len(name.encode()) + size_of(each) for name, each in value.items())
    return 3 + sum(1 + size_of(each) for each in value)


def item_size(name, attributes):
    """Bytes of an item whose key is `id`."""
    return len("id") + len(name.encode()) + sum(len(key.encode()) + size_of(value) for key, value in attributes.items())


def units(size):
    """Write units of an item that is not replicated; in a global table each replica is charged as many."""
    return max(-(-size // 1024), 1)


def check():
    """That sizes are counted as the page above says, and units a started kilobyte each."""
    cases = [("a", 1), ("é", 2), (7, 2), (123, 3), (-12.5, 3), (True, 1), (None, 1), ([], 3), ({}, 3), (["ab", 1], 9), ({"k": "v"}, 6)]
    for value, bytes_ in cases:
        if size_of(value) != bytes_:
            raise SystemExit(f"items: {value!r} is counted as {size_of(value)} bytes and not {bytes_}")
    if item_size("c1", {"state": "QUEUED"}) != 15 or [units(size) for size in (1, 1024, 1025)] != [1, 1, 2]:
        raise SystemExit("items: an item is counted wrongly")
