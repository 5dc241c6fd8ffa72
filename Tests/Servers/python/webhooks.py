"""A receiver of webhooks: remembers what it was sent, and answers as it is told.

    python3 webhooks.py

Prints `ready PORT`, the port of its control interface:

    GET /_stub/world        {"endpoint": URL}; any method and path of it is a webhook
    GET /_stub/requests     [{"at", "method", "path", "headers": {lower-case name: value}, "body": text, "outcome": status, "hang" or "reset"}],
                            the newest 10,000
    DELETE /_stub/requests
    PUT /_stub/answers      what the next requests are answered, in that order; 200 once it has been used up:
                            [{"status": 200 | "hang" | "reset" | "resetAfter" (the headers of an answer), "times": 1,
                              "milliseconds": 0, "headers": {}, "body": ""}]

`times` null: for ever.
"""
import asyncio
import time
from collections import deque

from wire import answer, control, end_with_input, listen, port_of, read_body, read_head, reset

REQUESTS_MAX = 10_000
WORDS = ("hang", "reset", "resetAfter")


class Receiver:
    def __init__(self):
        self.requests = deque(maxlen=REQUESTS_MAX)
        self.answers = deque()
        self.port = 0

    async def accepted(self, reader, writer):
        try:
            while head := await read_head(reader):
                if head.headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await read_body(reader, head)
                wanted = self.next_answer()
                self.requests.append({
                    "at": time.time(), "method": head.start[0], "path": head.start[1], "headers": head.headers,
                    "body": body.decode("utf-8", "replace"), "outcome": wanted["status"],
                })
                await asyncio.sleep(wanted.get("milliseconds", 0) / 1000)
                if wanted["status"] == "hang":
                    await reader.read()
                if wanted["status"] == "resetAfter":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                    await writer.drain()
                if wanted["status"] in WORDS:
                    reset(writer)
                    return
                headers = [("Content-Type", "text/plain"), *wanted.get("headers", {}).items()]
                writer.write(answer(wanted["status"], wanted.get("body", "").encode(), headers))
                await writer.drain()
                if head.is_last:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            writer.close()

    def next_answer(self):
        while self.answers:
            found = self.answers[0]
            if found["left"] > 0:
                found["left"] -= 1
                return found
            self.answers.popleft()
        return {"status": 200}

    # What is asked of it.

    def set_answers(self, wanted):
        for each in wanted:
            if not isinstance(each["status"], int) and each["status"] not in WORDS:
                raise ValueError(f"no such answer: {each}")
        times = [each.get("times", 1) for each in wanted]
        self.answers = deque(each | {"left": float("inf") if count is None else count} for each, count in zip(wanted, times))
        return len(wanted)

    def clear(self, _):
        self.requests.clear()
        return {}

    @property
    def routes(self):
        return {
            "GET /_stub/world": lambda _: {"endpoint": f"http://127.0.0.1:{self.port}"},
            "GET /_stub/requests": lambda _: list(self.requests), "DELETE /_stub/requests": self.clear,
            "PUT /_stub/answers": self.set_answers,
        }


async def main():
    end_with_input()
    receiver = Receiver()
    receiver.port = port_of(await listen(receiver.accepted))
    server = await listen(control(receiver.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
