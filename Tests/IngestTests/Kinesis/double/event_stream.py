"""Writes messages of application/vnd.amazon.eventstream. https://smithy.io/2.0/aws/amazon-eventstream.html"""

import struct
import zlib


def message(headers, payload):
    """`headers`: pairs of text. Everything else that a header may be, Kinesis does not send."""
    block = b""
    for name, value in headers:
        name, value = name.encode(), value.encode()
        block += bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value
    prelude = struct.pack(">II", len(block) + len(payload) + 16, len(block))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    whole = prelude + block + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def event(kind, payload):
    headers = [(":message-type", "event"), (":event-type", kind), (":content-type", "application/x-amz-json-1.1")]
    return message(headers, payload)


def exception(code, payload):
    headers = [(":message-type", "exception"), (":exception-type", code), (":content-type", "application/x-amz-json-1.1")]
    return message(headers, payload)
