"""Items as lines, in the order of the digest: docs/state.md, without the member `state`."""

import hashlib

import orjson

from merge import text_of


def stamped(stamp, value, measure=None, rule=None):
    time, rank, region, event = stamp
    members = [("event", event), ("measure", measure), ("rank", rank), ("region", region), ("rule", rule),
               ("time", text_of(time))]
    head = b",".join(b'"%s":%s' % (name.encode(), orjson.dumps(each)) for name, each in members if each is not None)
    return b"{%s,\"value\":%s}" % (head, value)


def register(path, told):
    if isinstance(told, dict):
        capacity = 64 if path == "contacts" else 16
        members = b",".join(stamped((time, 0, "", ""), member) for member, time in sorted(told.items()))
        return b'{"capacity":%d,"members":[%s],"rule":"union"}' % (capacity, members)
    if path.startswith(("firstSeen/", "seen/", "milestone/")):
        return stamped(told[1:], b"null", told[0], "min" if path[0] == "f" else "max")
    if path.startswith(("connected/", "lastContact/", "status/")):
        return stamped(told[1:5], told[5], told[0], "max")
    return stamped(told[:4], told[4])


def line(kind, name, item):
    registers = b",".join(orjson.dumps(path) + b":" + register(path, item[path]) for path in sorted(item))
    return b'{"id":%s,"kind":"%s","registers":{%s}}\n' % (orjson.dumps(name), kind.encode(), registers)


def digest(table, out=None):
    """`table`: (kind, id) -> item."""
    sha = hashlib.sha256()
    for kind, name in sorted(table):
        text = line(kind, name, table[kind, name])
        sha.update(text)
        if out:
            out.write(text)
    return sha.hexdigest()
