"""A link between Regions: what it is sent goes on to another port so much later, in both directions, in order.

usage: relay.py MILLISECONDS ADDRESS:PORT PORT

Listens on ADDRESS:PORT (PORT 0: any that is free), prints where, and goes on to PORT of 127.0.0.1. Ends with its standard
input. A broker of Kafka says in its answers where it is: in place of 127.0.0.1:PORT they are given the relay's own address, which
has to be as long.
"""

import asyncio
import collections
import os
import struct
import sys
import threading

# Answers that tell where brokers are, are short.
ANSWER_MAX = 4096


class Side(asyncio.Protocol):
    """One end of a connection; what comes here is written to the other one later."""

    def __init__(self, relay, other=None):
        self.relay, self.other = relay, other
        self.waiting = collections.deque()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(high=1 << 30)
        if self.other is None:
            self.other = Side(self.relay, self)
            loop = asyncio.get_running_loop()
            self.relay.start(loop.create_connection(lambda: self.other, "127.0.0.1", self.relay.port))
        else:
            self.other.pump()

    def data_received(self, data):
        if len(data) <= ANSWER_MAX:
            data = data.replace(*self.relay.places)
        self.keep(data)

    def connection_lost(self, _):
        self.keep(None)

    def keep(self, data):
        loop = asyncio.get_running_loop()
        self.waiting.append((loop.time() + self.relay.seconds, data))
        if len(self.waiting) == 1:
            loop.call_at(self.waiting[0][0], self.pump)

    def pump(self):
        """Writes what is due, if there is somebody to write to."""
        loop = asyncio.get_running_loop()
        if self.other.transport is None:
            return
        while self.waiting and self.waiting[0][0] <= loop.time():
            _, data = self.waiting.popleft()
            if data is None:
                self.other.transport.close()
            else:
                self.other.transport.write(data)
        if self.waiting:
            loop.call_at(self.waiting[0][0], self.pump)


class Relay:
    def __init__(self, seconds, port):
        self.seconds, self.port = seconds, port
        self.places, self.tasks = (b"", b""), set()

    def start(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def serve(self, host, port):
        server = await asyncio.get_running_loop().create_server(lambda: Side(self), host, port)
        port = server.sockets[0].getsockname()[1]
        self.places = (b"127.0.0.1" + struct.pack(">i", self.port), host.encode() + struct.pack(">i", port))
        print(f"{host}:{port}", flush=True)
        await server.serve_forever()


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
address, own_port = sys.argv[2].split(":")
asyncio.run(Relay(float(sys.argv[1]) / 1000, int(sys.argv[3])).serve(address, int(own_port)))
