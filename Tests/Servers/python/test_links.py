"""Tests of links.py."""
import errno
import socket
import struct
import threading
import unittest
import urllib.error

from rig import Case


def received(client, count):
    """So many bytes, or as many as come until the other side ends."""
    found = b""
    while len(found) < count and (piece := client.recv(count - len(found))):
        found += piece
    return found


class Echo:
    """A server that remembers what it was sent and says it back."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.heard = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                while data := connection.recv(1 << 16):
                    self.heard.append(data)
                    connection.sendall(data)
            except OSError:
                pass

    def end(self):
        self.socket.close()


class LinkTests(Case):
    def setUp(self):
        self.echo = Echo()
        self.addCleanup(self.echo.end)
        self.links = self.server("links.py", f"a>table={self.echo.port}", f"b>table={self.echo.port}")

    def state(self, **wanted):
        return self.links.ask("PUT", "/state", wanted)

    def figures(self, name="a>table"):
        return self.links.ask("GET", "/links")[name]

    def connect(self, name="a>table"):
        client = socket.create_connection(("127.0.0.1", self.figures(name)["port"]), timeout=60)
        self.addCleanup(client.close)
        return client

    def exchange(self, client, data):
        client.sendall(data)
        self.assertEqual(received(client, len(data)), data)

    def is_silent(self, client):
        """Nothing comes, although a whole round trip through the other link has."""
        self.exchange(self.connect("b>table"), b"round trip")
        client.setblocking(False)
        self.assertRaises(BlockingIOError, client.recv, 1)
        client.settimeout(60)

    def test_what_is_sent_passes_both_ways_whatever_its_size(self):
        client = self.connect()
        data = bytes(range(256)) * 4096
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        self.assertEqual(received(client, len(data)), data)
        sender.join()
        self.eventually("it is counted", lambda: (self.figures()["sent"], self.figures()["answered"]) == (len(data), len(data)))
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(client.recv(1), b"")
        self.eventually("the connection is over", lambda: self.figures()["open"] == 0)

    def test_what_is_sent_while_a_link_is_cut_comes_when_it_is_healed(self):
        client = self.connect()
        self.exchange(client, b"before")
        self.state(**{"a>table": "cut"})
        client.sendall(b"meanwhile")
        self.is_silent(client)
        self.assertNotIn(b"meanwhile", self.echo.heard)
        self.state(**{"a>table": "up"})
        self.assertEqual(received(client, 9), b"meanwhile")

    def test_a_request_whose_sender_has_given_up_comes_late(self):
        client = self.connect()
        self.exchange(client, b"before")
        self.state(**{"a>table": "cut"})
        client.sendall(b"late")
        client.close()
        self.exchange(self.connect("b>table"), b"round trip")
        self.assertNotIn(b"late", self.echo.heard)
        self.state(**{"a>table": "up"})
        self.eventually("it comes", lambda: b"late" in self.echo.heard)

    def test_a_connection_that_begins_while_a_link_is_cut_goes_on_only_where_its_client_has_waited(self):
        self.state(**{"a>table": "cut"})
        gone, waiting = self.connect(), self.connect()
        gone.sendall(b"of nobody")
        gone.close()
        waiting.sendall(b"patient")
        self.is_silent(waiting)
        self.eventually("the other is gone", lambda: self.figures()["open"] == 0 and self.figures()["accepted"] == 2)
        self.state(**{"a>table": "up"})
        self.assertEqual(received(waiting, 7), b"patient")
        self.exchange(waiting, b"and on")
        self.assertNotIn(b"of nobody", self.echo.heard)

    def test_a_mute_link_brings_requests_and_no_answers(self):
        client = self.connect()
        self.state(**{"a>table": "mute"})
        client.sendall(b"heard")
        self.eventually("it is heard", lambda: b"heard" in self.echo.heard)
        self.is_silent(client)
        self.state(**{"a>table": "up"})
        self.assertEqual(received(client, 5), b"heard")

    def test_a_link_can_be_reset_or_refuse_and_come_back_at_its_port(self):
        port = self.figures()["port"]
        for state, error in [("reset", ConnectionResetError), ("refuse", ConnectionRefusedError)]:
            client = self.connect()
            idle = self.connect()
            for each in (client, idle):
                self.exchange(each, b"before")
            self.state(**{"a>table": "cut"})
            client.sendall(b"lost")
            self.state(**{"a>table": state})
            for each in (client, idle):
                self.assertRaises(ConnectionResetError, each.recv, 1)
            with self.assertRaises(error):
                self.connect().recv(1)
            # The other link is not concerned.
            self.exchange(self.connect("b>table"), b"other")
            self.state(**{"a>table": "up"})
            self.exchange(self.connect(), b"after")
            self.assertEqual(self.figures()["port"], port)
        self.assertNotIn(b"lost", self.echo.heard)

    def test_many_links_are_cut_at_once_and_more_can_be_opened(self):
        self.links.ask("PUT", "/open", {"a>connect": self.echo.port})
        found = self.state(**{"a>*": "cut"})
        self.assertEqual({name: link["state"] for name, link in found.items()}, {"a>table": "cut", "a>connect": "cut", "b>table": "up"})
        self.state(**{"*": "up"})
        self.exchange(self.connect("a>connect"), b"hello")
        for path, body in [("/state", {"c": "cut"}), ("/state", {"a>table": "broken"}), ("/open", {"a>table": 1})]:
            with self.assertRaises(urllib.error.HTTPError):
                self.links.ask("PUT", path, body)

    def test_a_delayed_link_keeps_the_order(self):
        self.links.ask("PUT", "/delay", {"a>table": [1, 5]})
        client = self.connect()
        data = b"".join(struct.pack(">I", number) for number in range(5000))
        for first in range(0, len(data), 1000):
            client.sendall(data[first:first + 1000])
        self.assertEqual(received(client, len(data)), data)

    def test_a_server_that_is_away_is_a_connection_that_is_reset(self):
        self.links.ask("PUT", "/open", {"nowhere": self.figures()["port"]})
        self.state(**{"a>table": "refuse"})
        with self.assertRaises(OSError) as caught:
            self.connect("nowhere").recv(1)
        self.assertEqual(caught.exception.errno, errno.ECONNRESET)


if __name__ == "__main__":
    unittest.main(verbosity=2)
