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


def text_of(time):
    return datetime.fromtimestamp(time // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{time % 1000:03}Z"


def arn_of(arn):
    """The Region; and of an agent's ARN the entity id, its path in a contact and its JSON."""
    found = _arns.get(arn)
    if found is None:
        parts = arn.split(":", 5)
        names = parts[5].split("/")
        agent = f"{parts[4]}/{names[1]}/{names[-1]}"
        found = _arns[arn] = (parts[3], agent, "agent/" + agent.replace("%", "%25").replace("/", "%2F"), dumps(agent))
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
    region, agent, path, agent_json = arn_of(event["AgentARN"])
    time = time_of(event["EventTimestamp"])
    kind = event["EventType"]
    rank = AGENT_RANKS.get(kind, 0)
    stamp = (time, rank, region, event["EventId"])
    current, previous = event.get("CurrentAgentSnapshot"), event.get("PreviousAgentSnapshot")

    def apply(item):
        if rank == 2 and current and is_online(current):
            put(item, "active/" + region, (*stamp, b"true"))
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

    yield "agent", agent, apply
    if not current:
        return
    username = (current.get("Configuration") or {}).get("Username")
    if username:
        yield "username", username, lambda item: add(item, "agents", 16, agent_json, time - time % DAY)
    here = current.get("Contacts")
    for contact in here or ():
        yield "contact", contact["ContactId"], agent_contact(contact, current, path, stamp, None)
    if not previous or here is None:
        return
    ids = {contact["ContactId"] for contact in here}
    for contact in previous.get("Contacts") or ():
        if contact["ContactId"] not in ids:
            yield "contact", contact["ContactId"], agent_contact(contact, previous, path, stamp, text_of(time))


def is_online(snapshot):
    status = snapshot.get("AgentStatus") or {}
    if status.get("Type"):
        return status["Type"] != "OFFLINE"
    return bool(status.get("Name")) and status["Name"] != "Offline"


def agent_contact(contact, snapshot, path, stamp, left):
    """`left`: the moment at which it was no longer there."""

    def apply(item):
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


EVENT_FIELDS = ["customerId", "disconnectReason", "initialContactId", "initiationMethod", "nextContactId", "previousContactId",
                "relatedContactId"]
EVENT_PATHS = [(name, "event/" + name) for name in EVENT_FIELDS]


def small(members):
    """The members with a small first letter; only one event of a hundred needs it."""
    return {name[0].lower() + name[1:]: small(value) if isinstance(value, dict) else value for name, value in members.items()}


def contact_mutations(event):
    detail = event["detail"]
    if "ContactId" in detail:
        detail = small(detail)
    kind = detail["eventType"]
    time = time_of(event["time"])
    stamp = (time, CONTACT_RANKS.get(kind, 0), arn_of(detail["instanceArn"])[0], event["id"])
    contact, customer = detail["contactId"], detail.get("customerId")
    agent_info, queue_info = detail.get("agentInfo") or {}, detail.get("queueInfo") or {}
    agent = agent_info.get("agentArn")
    milestones = [
        ("milestone/CONNECTED_TO_AGENT", agent_info.get("connectedToAgentTimestamp")),
        ("milestone/CONNECTED_TO_SYSTEM", detail.get("connectedToSystemTimestamp")),
        ("milestone/DISCONNECTED", detail.get("disconnectTimestamp")), ("milestone/INITIATED", detail.get("initiationTimestamp")),
        ("milestone/QUEUED", queue_info.get("enqueueTimestamp"))]

    def apply(item):
        if agent:
            put(item, "event/agent", (*stamp, arn_of(agent)[3]))
        if detail.get("channel"):
            put(item, "event/channel", (*stamp, dumps(detail["channel"].upper())))
        for name, path in EVENT_PATHS:
            value = detail.get(name)
            if value:
                put(item, path, (*stamp, dumps(value)))
        if queue_info.get("queueArn"):
            put(item, "event/queue", (*stamp, dumps(queue_info["queueArn"])))
        for path, text in milestones:
            if text:
                measure = time_of(text)
                if measure >= NOT_YET:
                    put(item, path, (measure, *stamp))
        put(item, "seen/" + kind, (time, *stamp))

    yield "contact", contact, apply
    if customer:
        begun = time_of(milestones[3][1]) if milestones[3][1] else 0
        yield "customer", customer, last_contact(
            "lastContact/event", contact, agent, begun if begun >= NOT_YET else time, stamp)


def record_mutations(event):
    text = dumps(event, option=SORTED)
    stamp = (time_of(event["LastUpdateTimestamp"]), 0, arn_of(event["InstanceARN"])[0], sha256(text).hexdigest())
    contact = event["ContactId"]
    customer = event.get("CustomerId") or (event.get("Attributes") or {}).get("customerId")

    def apply(item):
        put(item, "record", (*stamp, text))
        put(item, "record/customer", (*stamp, dumps(customer) if customer else b"null"))

    yield "contact", contact, apply
    if customer:
        begun = event.get("InitiationTimestamp")
        yield "customer", customer, last_contact(
            "lastContact/record", contact, (event.get("Agent") or {}).get("ARN"), time_of(begun) if begun else stamp[0], stamp)


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
