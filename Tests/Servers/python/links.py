"""Links between programs that can be cut: TCP on its way from a port of this process to a server's, as many as wanted.

    python3 links.py NAME=PORT ...

Prints `ready PORT`, the port of the control interface:

    PUT /open   {NAME: PORT of the server}                more links
    PUT /state  {NAME: STATE}, where NAME may end with `*`, for all that begin so
    PUT /delay  {NAME: [from, to]}, milliseconds, of each piece in each direction; the order stays
    GET /links  {NAME: {"port", "to", "state", "accepted", "open", "sent": bytes to the server, "answered": bytes to the client}}

States:

    up         everything passes
    cut        nothing passes and nobody is told, as where a network is parted. What was sent on a connection that was open before waits, as
               TCP would send it again, and passes once the link is up, even where its sender has given up meanwhile: that is how a request
               comes late. A connection that begins meanwhile is as one whose first packet was lost: it goes on if its client is still there
               when the link is up, and never was otherwise
    mute       what clients send passes, what servers say waits
    reset      open connections and new ones are reset, and what waited is lost
    refuse     as reset, and nobody listens

A server that is away: connections to it are reset. Ends with its standard input.
"""
import asyncio
import random
import sys

from wire import control, end_with_input, free_listen, listen, port_of, reset

PIECE = 1 << 16


class Link:
    STATES = ("up", "cut", "mute", "reset", "refuse")

    def __init__(self, name, target):
        self.name, self.target = name, target
        self.state = "up"
        self.delay = (0, 0)
        self.random = random.Random(name)
        self.server, self.port = None, 0
        self.accepted = self.sent = self.answered = 0
        self.writers = set()
        self.changed = asyncio.Event()

    async def open(self):
        self.server, self.port = await free_listen(self.connected, self.port)

    async def set(self, state):
        if state not in Link.STATES:
            raise ValueError(f"no such state: {state}")
        before, self.state = self.state, state
        if state == "refuse" and before != "refuse":
            self.server.close()
        elif state != "refuse" and before == "refuse":
            await self.open()
        if state in ("reset", "refuse"):
            for writer in list(self.writers):
                reset(writer)
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, states):
        while self.state not in states:
            await self.changed.wait()

    def as_json(self):
        return {
            "port": self.port, "to": self.target, "state": self.state, "accepted": self.accepted, "open": len(self.writers) // 2,
            "sent": self.sent, "answered": self.answered,
        }

    # A connection.

    async def connected(self, reader, writer):
        self.accepted += 1
        if self.state in ("reset", "refuse"):
            reset(writer)
            return
        self.writers.add(writer)
        upstream = None
        try:
            first = await self.beginning(reader)
            if first is None:
                return
            answers, upstream = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers.add(upstream)
            upstream.write(first)
            self.sent += len(first)
            await asyncio.gather(self.pump(reader, upstream, True), self.pump(answers, writer, False))
        except OSError:
            reset(writer)
            if upstream:
                reset(upstream)
        finally:
            for each in (writer, upstream):
                if each:
                    self.writers.discard(each)
                    each.close()

    async def beginning(self, reader):
        """What a client sent before its connection began; None: it was gone by then."""
        first = b""
        while self.state == "cut":
            healed = asyncio.create_task(self.until(("up", "mute", "reset", "refuse")))
            heard = asyncio.create_task(reader.read(PIECE))
            await asyncio.wait([healed, heard], return_when=asyncio.FIRST_COMPLETED)
            healed.cancel()
            if not heard.done():
                heard.cancel()
                await asyncio.wait([heard])
            if not heard.cancelled():
                if not heard.result():
                    return None
                first += heard.result()
                if len(first) > PIECE:
                    await self.until(("up", "mute", "reset", "refuse"))
        if self.state in ("reset", "refuse"):
            raise ConnectionResetError
        return first

    async def pump(self, reader, writer, is_request):
        while True:
            piece = await reader.read(PIECE)
            if self.delay[1]:
                await asyncio.sleep(self.random.uniform(*self.delay) / 1000)
            await self.until(("up", "mute", "reset", "refuse") if is_request else ("up", "reset", "refuse"))
            if self.state in ("reset", "refuse"):
                raise ConnectionResetError
            if not piece:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()
            if is_request:
                self.sent += len(piece)
            else:
                self.answered += len(piece)


class Links:
    def __init__(self):
        self.by_name = {}

    async def open(self, wanted):
        for name, target in wanted.items():
            if name in self.by_name:
                raise ValueError(f"there is a link {name}")
            self.by_name[name] = Link(name, int(target))
            await self.by_name[name].open()
        return self.as_json()

    def named(self, name):
        found = [link for link in self.by_name.values() if link.name == name or name[-1:] == "*" and link.name.startswith(name[:-1])]
        if not found:
            raise KeyError(f"no link {name}")
        return found

    async def set_state(self, wanted):
        for name, state in wanted.items():
            for link in self.named(name):
                await link.set(state)
        return self.as_json()

    def set_delay(self, wanted):
        for name, (least, most) in wanted.items():
            for link in self.named(name):
                link.delay = (least, most)
        return self.as_json()

    def as_json(self, _=None):
        return {name: link.as_json() for name, link in self.by_name.items()}


async def main():
    end_with_input()
    links = Links()
    await links.open(dict(argument.split("=") for argument in sys.argv[1:]))
    server = await listen(control({
        "PUT /open": links.open, "PUT /state": links.set_state, "PUT /delay": links.set_delay, "GET /links": links.as_json,
    }))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
