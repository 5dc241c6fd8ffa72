"""SASL/PLAIN in front of a broker that takes any password: lets in who has the right one, and refuses others as Kafka does.

    python3 sasl.py PORT BROKER_PORT USER PASSWORD

Speaks as much of Kafka's protocol as that takes: SaslHandshake (17) and SaslAuthenticate (36), by the protocol guide.
"""
import asyncio
import ctypes
import signal
import struct
import sys

HANDSHAKE, AUTHENTICATE = 17, 36
UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED = 33, 58

ctypes.CDLL(None).prctl(1, signal.SIGKILL)
port, broker_port, user, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def refusal(kind, body):
    """The answer to a request that the broker shall not see, or None."""
    if kind == HANDSHAKE:
        (length,) = struct.unpack_from(">h", body)
        if body[2:2 + length] != b"PLAIN":
            return struct.pack(">hi", UNSUPPORTED_MECHANISM, 1) + text("PLAIN")
    if kind == AUTHENTICATE and body[4:] != f"\0{user}\0{password}".encode():
        return struct.pack(">h", AUTHENTICATION_FAILED) + text("no such user, or another password") + struct.pack(">i", 0)
    return None


async def requests(reader, to_broker, to_client):
    is_in = False
    while True:
        size = await reader.readexactly(4)
        frame = await reader.readexactly(struct.unpack(">i", size)[0])
        kind, _, correlation, name_length = struct.unpack_from(">hhih", frame)
        answer = None if is_in else refusal(kind, frame[10 + max(0, name_length):])
        if answer is not None:
            to_client.write(struct.pack(">ii", 4 + len(answer), correlation) + answer)
            await to_client.drain()
            return
        is_in = is_in or kind == AUTHENTICATE
        to_broker.write(size + frame)
        await to_broker.drain()


async def answers(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def accepted(reader, writer):
    try:
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", broker_port)
        sides = [asyncio.create_task(requests(reader, to_broker, writer)), asyncio.create_task(answers(from_broker, writer))]
        await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        to_broker.close()
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)
    except OSError:
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(accepted, "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
