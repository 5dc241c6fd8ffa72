"""Random event streams, whole and damaged, and what botocore reads in them, a JSON object a line: eventstream.py COUNT SEED.

`stream`: its bytes. `messages`: those before the damage, as headers and payload. `fails`: whether botocore refuses what
follows them.
"""

import base64
import binascii
import json
import random
import struct
import sys

from botocore.eventstream import EventStreamBuffer, ParserError

count, seed = int(sys.argv[1]), int(sys.argv[2])
dice = random.Random(seed)


def text(longest):
    return "".join(dice.choice("aZ:-_0 é漢😀") for _ in range(dice.randrange(longest)))


def value():
    kind = dice.randrange(10)
    if kind < 2:
        return bytes([kind])
    if kind < 6:
        size = {2: 1, 3: 2, 4: 4, 5: 8}[kind]
        return bytes([kind]) + dice.randbytes(size)
    if kind < 8:
        content = dice.randbytes(dice.randrange(300)) if kind == 6 else text(100).encode()
        return bytes([kind]) + struct.pack(">H", len(content)) + content
    return bytes([kind]) + dice.randbytes(8 if kind == 8 else 16)


def message():
    headers = b""
    for number in range(dice.randrange(6)):
        name = (text(20) + str(number)).encode()
        headers += bytes([len(name)]) + name + value()
    payload = dice.randbytes(dice.choice([0, 1, 17, 1000, 70_000 if dice.random() < 0.1 else 10]))
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    prelude += struct.pack(">I", binascii.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def shown(value):
    if isinstance(value, bool):
        return f"b:{str(value).lower()}"
    if isinstance(value, int):
        return f"i:{value}"
    return f"x:{value.hex()}" if isinstance(value, bytes) else f"s:{value}"


def read(stream):
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    messages = []
    try:
        for event in buffer:
            headers = [[name, shown(value)] for name, value in event.headers.items()]
            messages.append({"headers": headers, "payload": base64.b64encode(event.payload).decode()})
    except ParserError:
        return messages, True
    return messages, False


for number in range(count):
    parts = [message() for _ in range(dice.randrange(1, 4))]
    stream = bytearray(b"".join(parts))
    fate = number % 6
    if fate == 1:
        stream[dice.randrange(len(stream))] ^= 1 << dice.randrange(8)
    elif fate == 2:
        # A bit of the first message's prelude.
        stream[dice.randrange(12)] ^= 1 << dice.randrange(8)
    elif fate == 3:
        # A bit of the last message's checksum.
        stream[len(stream) - 1 - dice.randrange(4)] ^= 1 << dice.randrange(8)
    elif fate == 4:
        del stream[dice.randrange(len(stream)):]
    messages, fails = read(bytes(stream))
    print(json.dumps({"stream": base64.b64encode(stream).decode(), "messages": messages, "fails": fails}))
