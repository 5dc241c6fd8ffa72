"""What events write (docs/merge.md), for the Lambda way: `(kind, id, apply)`, where `apply(item)` changes the item's registers.

An item is a dict, path -> register. A register is a tuple that compares as its rule does: the greater one stays.
Under last-writer-wins (time, rank, Region, event, value), under max (measure, the same), under union a dict of its own.
Values are canonical JSON, as bytes: what is written to a table has to be bytes some time.
Only what `converge generate` writes is known.

Tried and not taken: `json` of the standard library in place of orjson (1.4 times the CPU); to keep parsed objects to the end, and
not to have orjson sort keys (no difference beyond the noise, and the items could not be written anywhere, or would not be
canonical). What an ARN and the minutes of times mean is kept.
"""

from datetime import datetime, timezone
from hashlib import sha256

import orjson

AGENT_RANKS = {"HEART_BEAT": 1, "STATE_CHANGE": 2, "LOGIN": 3, "LOGOUT": 4}
CONTACT_RANKS = {
    "INITIATED": 1, "CONNECTED_TO_SYSTEM": 2, "QUEUED": 3, "CONNECTED_TO_AGENT": 4, "DISCONNECTED": 5, "COMPLETED": 6}
DAY = 86_400_000
NOT_YET = 31_536_000_000
dumps = orjson.dumps
SORTED = orjson.OPT_SORT_KEYS

_minutes, _arns = {}, {}


def time_of(text):
    """`YYYY-MM-DDTHH:MM:SS[.mmm]Z` in milliseconds."""
    minute = _minutes.get(text[:16])
    if minute is None:
        start = datetime.fromisoformat(text[:16]).replace(tzinfo=timezone.utc)
        minute = _minutes[text[:16]] = int(start.timestamp()) * 1000
    return minute + int(text[17:19]) * 1000 + (int(text[20:23]) if len(text) == 24 else 0)


def told(text):
    """A time that may be missing; 0 where it has not come yet."""
    time = time_of(text) if text else 0
    return time if time >= NOT_YET else 0


def text_of(time):
    return datetime.fromtimestamp(time // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{time % 1000:03}Z"


def arn_of(arn):
    """The Region; and of an agent's ARN the entity id, its JSON and its paths in a contact."""
    found = _arns.get(arn)
    if found is None:
        parts = arn.split(":", 5)
        names = parts[5].split("/")
        if parts[2] != "connect":
            raise ValueError(f"no ARN of an instance: {arn}")
        agent = f"{parts[4]}/{names[1]}/{names[-1]}"
        segment = agent.replace("%", "%25").replace("/", "%2F")
        found = _arns[arn] = (parts[3], agent, dumps(agent), "agent/" + segment, "connected/" + segment)
    return found


def put(item, path, told):
    """Last-writer-wins and max."""
    held = item.get(path)
    if held is None or told > held:
        item[path] = told


def add(item, path, capacity, member, time):
    """Union: of its members the greatest by stamp, then value."""
    members = item.get(path)
    if members is not None and members.get(member, -1) >= time:
        return
    members = dict(members) if members else {}
    members[member] = time
    if len(members) > capacity:
        del members[min(members, key=lambda each: (members[each], each))]
    item[path] = members


def agent_mutations(event):
    region, agent, agent_json, *paths = arn_of(event["AgentARN"])
    time = time_of(event["EventTimestamp"])
    kind = event["EventType"]
    rank = AGENT_RANKS.get(kind, 0)
    stamp = (time, rank, region, event["EventId"])
    current, previous = event.get("CurrentAgentSnapshot"), event.get("PreviousAgentSnapshot")

    def apply(item):
        first = item.get("firstSeen/" + region)
        if first is None or (time, *stamp) < first:
            item["firstSeen/" + region] = (time, *stamp)
        if rank >= 3:
            put(item, "presence/" + region, (*stamp, b'"LOGIN"' if rank == 3 else b'"LOGOUT"'))
        put(item, "seen/" + region, (time, *stamp))
        if current:
            held = item.get("snapshot/" + region)
            if held is None or stamp > held[:4]:
                item["snapshot/" + region] = (*stamp, dumps(current, option=SORTED))
            status = current.get("AgentStatus") or {}
            offline = is_offline(status)
            if offline is not None:
                start = told(status.get("StartTimestamp")) or (time if rank == 2 else 0)
                put(item, "status/" + region, (min(start, time), *stamp, b'"OFFLINE"' if offline else b'"ONLINE"'))

    yield "agent", agent, apply
    if not current:
        return
    username = (current.get("Configuration") or {}).get("Username")
    if username:
        yield "username", username, lambda item: add(item, "agents", 16, agent_json, time - time % DAY)
    here = current.get("Contacts")
    for contact in here or ():
        yield "contact", contact["ContactId"], agent_contact(contact, current, *paths, stamp, None)
    if not previous or here is None:
        return
    ids = {contact["ContactId"] for contact in here}
    for contact in previous.get("Contacts") or ():
        if contact["ContactId"] not in ids:
            yield "contact", contact["ContactId"], agent_contact(contact, previous, *paths, stamp, text_of(time))


def is_offline(status):
    if status.get("Type"):
        return status["Type"] == "OFFLINE"
    return status["Name"] == "Offline" if status.get("Name") else None


def agent_contact(contact, snapshot, path, path_connected, stamp, left):
    """`left`: the moment at which it was no longer there."""
    connected = told(contact.get("ConnectedToAgentTimestamp"))

    def apply(item):
        if connected:
            put(item, path_connected, at_alone(connected))
        held = item.get(path)
        if held is not None and stamp <= held[:4]:
            return
        queue = contact.get("Queue")
        item[path] = (*stamp, dumps({
            "channel": contact.get("Channel") or None, "connectedAt": contact.get("ConnectedToAgentTimestamp") or None,
            "initialContactId": contact.get("InitialContactId") or None,
            "initiationMethod": contact.get("InitiationMethod") or None,
            "queue": {"arn": queue.get("ARN") or None, "name": queue.get("Name") or None} if queue else None,
            "queuedAt": contact.get("QueueTimestamp") or None,
            "since": left or contact.get("StateStartTimestamp") or None,
            "state": "LEFT" if left else contact.get("State") or None,
            "username": (snapshot.get("Configuration") or {}).get("Username") or None}))

    return apply


def at_alone(time):
    """What is stamped by its measure alone, so that what repeats it changes nothing."""
    return time, time, 0, "", "", b"null"


EVENT_FIELDS = ["customerId", "disconnectReason", "initialContactId", "initiationMethod", "nextContactId", "previousContactId",
                "relatedContactId"]
EVENT_PATHS = [(name, "event/" + name) for name in EVENT_FIELDS]
DOCUMENT_PATHS = [(name, "event/" + name) for name in ("segmentAttributes", "tags")]
SECONDS_PATHS = [("afterContactWorkDuration", "event/afterContactWorkSeconds"), ("agentInitiatedHoldDuration", "event/holdSeconds")]
# Facts that `converge generate` does not write: refused, and not left out.
UNREAD = {
    "acceptedByAgentTimestamp", "answeringMachineDetectionStatus", "campaign", "contactEvaluations", "customerEndpoint",
    "dequeueTimestamp", "globalResiliencyMetadata", "previewEndTimestamp", "recordings", "routingCriteria", "scheduledTimestamp",
    "systemEndpoint"}


def small(members):
    """The members with a small first letter; only one event of a hundred needs it."""
    return {name[0].lower() + name[1:]: value for name, value in members.items()}


def contact_mutations(event):
    detail = event["detail"]
    if "ContactId" in detail:
        detail = small(detail)
        for name in detail.keys() & {"agentInfo", "queueInfo"}:
            detail[name] = small(detail[name] or {})
    kind = detail["eventType"]
    time = time_of(event["time"])
    stamp = (time, CONTACT_RANKS.get(kind, 0), arn_of(detail["instanceArn"])[0], event["id"])
    contact, customer = detail["contactId"], detail.get("customerId")
    agent_info, queue_info = detail.get("agentInfo") or {}, detail.get("queueInfo") or {}
    for members in (detail, agent_info, queue_info):
        if not UNREAD.isdisjoint(members):
            raise ValueError(f"members that are not read: {sorted(UNREAD & members.keys())}")
    agent = agent_info.get("agentArn")
    reached, initiated = told(agent_info.get("connectedToAgentTimestamp")), told(detail.get("initiationTimestamp"))
    connected = reached or (time if kind == "CONNECTED_TO_AGENT" else 0)
    milestones = [
        ("milestone/AFTER_CONTACT_WORK_ENDED", told(agent_info.get("afterContactWorkEndTimestamp"))),
        ("milestone/AFTER_CONTACT_WORK_STARTED", told(agent_info.get("afterContactWorkStartTimestamp"))),
        ("milestone/CONNECTED_TO_AGENT", reached),
        ("milestone/CONNECTED_TO_SYSTEM", told(detail.get("connectedToSystemTimestamp"))),
        ("milestone/DISCONNECTED", told(detail.get("disconnectTimestamp"))), ("milestone/INITIATED", initiated),
        ("milestone/QUEUED", told(queue_info.get("enqueueTimestamp")))]

    def apply(item):
        if agent:
            put(item, "event/agent", (*stamp, arn_of(agent)[2]))
            if connected:
                put(item, arn_of(agent)[4], at_alone(connected))
        for name, path in SECONDS_PATHS:
            value = agent_info.get(name)
            if value is not None:
                put(item, path, (*stamp, dumps(value)))
        if detail.get("channel"):
            put(item, "event/channel", (*stamp, dumps(detail["channel"].upper())))
        for name, path in EVENT_PATHS:
            value = detail.get(name)
            if value:
                put(item, path, (*stamp, dumps(value)))
        if queue_info.get("queueArn"):
            put(item, "event/queue", (*stamp, dumps(queue_info["queueArn"])))
        if queue_info.get("queueType"):
            put(item, "event/queueType", (*stamp, dumps(queue_info["queueType"])))
        for name, path in DOCUMENT_PATHS:
            value = detail.get(name)
            if value:
                put(item, path, (*stamp, dumps(value, option=SORTED)))
        for path, measure in milestones:
            if measure:
                put(item, path, (measure, *stamp))
        put(item, "seen/" + kind, (time, *stamp))

    yield "contact", contact, apply
    if customer:
        yield "customer", customer, last_contact(
            "lastContact/event", contact, agent if connected else None, initiated or time, stamp)


def leaves(values):
    """How much they say: what in them is neither null nor empty."""
    count = 0
    for value in values:
        kind = type(value)
        if kind is dict:
            count += leaves(value.values())
        elif kind is list:
            count += leaves(value)
        elif value is not None and value != "":
            count += 1
    return count


def record_mutations(event):
    text = dumps(event, option=SORTED)
    attributes = leaves((event.get("Attributes"),))
    rank = min(leaves(event.values()) - attributes, 127) + min(attributes, 128)
    stamp = (time_of(event["LastUpdateTimestamp"]), rank, arn_of(event["InstanceARN"])[0], sha256(text).hexdigest())
    contact = event["ContactId"]
    customer = event.get("CustomerId") or (event.get("Attributes") or {}).get("customerId")

    def apply(item):
        put(item, "record", (*stamp, text))
        put(item, "record/customer", (*stamp, dumps(customer) if customer else b"null"))

    yield "contact", contact, apply
    if customer:
        yield "customer", customer, last_contact(
            "lastContact/record", contact, (event.get("Agent") or {}).get("ARN"),
            told(event.get("InitiationTimestamp")) or stamp[0], stamp)


def last_contact(path, contact, agent, at, stamp):
    def apply(item):
        add(item, "contacts", 64, dumps(contact), at)
        value = {"agentId": arn_of(agent)[1] if agent else None, "at": text_of(at), "contactId": contact}
        put(item, path, (at, *stamp, dumps(value)))

    return apply


def mutations(event):
    if "AgentARN" in event:
        return agent_mutations(event)
    if "detail" in event:
        return contact_mutations(event)
    return record_mutations(event)
