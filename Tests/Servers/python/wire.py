"""What the rigs here share: HTTP/1.1 over asyncio, a small client of an emulator, and a life that ends with standard input."""
import asyncio
import json
import os
import random
import socket
import struct
import sys
import threading

LIMIT = 1 << 20


class Head:
    """The first part of a request or an answer: its first line in three parts, its headers by lower-case name."""

    def __init__(self, raw):
        self.raw = raw
        first, *lines = raw[:-4].decode("latin-1").split("\r\n")
        self.start = first.split(" ", 2)
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    @property
    def status(self):
        return int(self.start[1])

    @property
    def is_last(self):
        return self.headers.get("connection", "").lower() == "close"

    @property
    def has_length(self):
        return "content-length" in self.headers or "chunked" in self.headers.get("transfer-encoding", "")


async def read_head(reader):
    """The next head, or None where the other side has closed in good order."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ConnectionResetError("closed in the middle of a head") from error
        return None


async def pieces(reader, head, is_answer=False):
    """The body as it comes, with its chunk framing."""
    if "chunked" in head.headers.get("transfer-encoding", ""):
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                trailer = line
                while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
                    trailer += line
                yield trailer + line
                return
            yield line + await reader.readexactly(size + 2)
    elif "content-length" in head.headers:
        left = int(head.headers["content-length"])
        while left:
            piece = await reader.readexactly(min(left, 1 << 16))
            left -= len(piece)
            yield piece
    elif is_answer:
        while piece := await reader.read(1 << 16):
            yield piece


async def read_body(reader, head, is_answer=False):
    """The whole body, without chunk framing."""
    parts = [piece async for piece in pieces(reader, head, is_answer)]
    if "chunked" in head.headers.get("transfer-encoding", ""):
        parts = [part[part.index(b"\r\n") + 2:-2] for part in parts[:-1]]
    return b"".join(parts)


def answer(status, body, headers=()):
    """The bytes of an answer of one piece."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def reset(writer):
    """Ends a connection with RST: what was not sent yet is lost."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Refused(Exception):
    """An error that a service answered with."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Emulator:
    """Calls to one Region's emulator over kept connections, as the root key `test`, whose signature it does not look at."""

    def __init__(self, region, port, in_flight=32):
        self.region = region
        self.port = port
        self.idle = []
        self.gate = asyncio.Semaphore(in_flight)

    async def call(self, target, payload, service="dynamodb"):
        """`target`: as of the header X-Amz-Target."""
        body = json.dumps(payload).encode()
        scope = f"Credential=test/20260101/{self.region}/{service}/aws4_request"
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\nContent-Length: {len(body)}\r\n\r\n")
        async with self.gate:
            status, data = await self._exchange(head.encode() + body)
        found = json.loads(data or b"{}")
        if status >= 300:
            raise Refused(found.get("__type", str(status)).split("#")[-1], found.get("message") or found.get("Message"))
        return found

    async def _exchange(self, request):
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port, limit=LIMIT)
        try:
            writer.write(request)
            head = await read_head(reader)
            if head is None:
                raise ConnectionResetError("closed before it answered")
            data = await read_body(reader, head, is_answer=True)
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return head.status, data

    def forget_connections(self):
        for _, writer in self.idle:
            writer.close()
        self.idle = []


async def listen(accepted, port=0):
    """A server at a loopback port, a free one unless one is given."""
    tasks = set()

    async def kept(reader, writer):
        # The event loop itself does not hold on to a task.
        tasks.add(asyncio.current_task())
        try:
            await accepted(reader, writer)
        finally:
            tasks.discard(asyncio.current_task())

    return await asyncio.start_server(kept, "127.0.0.1", port, limit=LIMIT, backlog=512)


async def free_listen(accepted, port=0):
    """A server and its port: the one that is given, or a free one below those that the system gives to clients, so that nobody
    takes it while the server is closed for a while."""
    for _ in range(100):
        wanted = port or random.randrange(10_000, 32_000)
        try:
            return await listen(accepted, wanted), wanted
        except OSError:
            if port:
                raise
    raise OSError("no free port")


def port_of(server):
    return server.sockets[0].getsockname()[1]


async def serve(accepted, port=0):
    """Listens on a free port unless one is given, and says so on standard output."""
    server = await listen(accepted, port)
    print(f"ready {port_of(server)}", flush=True)
    async with server:
        await server.serve_forever()


def control(routes):
    """A server's side of a connection for `METHOD /path` -> function of the JSON body that returns JSON, or a coroutine of it."""

    async def accepted(reader, writer):
        try:
            while head := await read_head(reader):
                body = await read_body(reader, head)
                route = routes.get(f"{head.start[0]} {head.start[1]}")
                if route is None:
                    writer.write(answer(404, {"message": f"no {head.start[1]}"}))
                    continue
                try:
                    found = route(json.loads(body or b"null"))
                    if asyncio.iscoroutine(found):
                        found = await found
                except (KeyError, TypeError, ValueError) as error:
                    writer.write(answer(400, {"message": f"{head.start[1]}: {error!r}"}))
                    continue
                writer.write(answer(200, found))
        except ConnectionError:
            pass
        finally:
            writer.close()

    return accepted


def end_with_input():
    """Ends this process when its standard input does: it does not outlive whoever started it."""

    def wait():
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def regions_of(arguments):
    """`us-east-1=4566 us-west-2=4567` as a dictionary in that order."""
    return {region: int(port) for region, port in (argument.split("=") for argument in arguments)}
