"""A double of AWS Lambda's Runtime API (2018-06-01): hands out the invocations that it is given, one at a time, and remembers what is answered.

    python3 runtime_api.py

Prints `ready PORT`, the port of its control interface:

    GET /_stub/world        {"address": "HOST:PORT" (AWS_LAMBDA_RUNTIME_API), "asked": seconds since 1970 when it was first asked for an invocation, or null}
    PUT /_stub/invocations  [{"id": "r-1", "event": text, "remaining": milliseconds until the deadline, or null for none, "trace": text}]: more of them
    GET /_stub/answers      [{"id", "kind": "response" | "error" | "init", "body": text, "milliseconds": since it was handed out}]
    PUT /_stub/refusals     N: the next N responses are answered with 413

An invocation is handed out only after the one before it has been answered, as AWS does.
"""
import asyncio
import time
from collections import deque

from wire import answer, control, end_with_input, listen, port_of, read_body, read_head, reset

ROOT = "/2018-06-01/runtime/"


class Runtime:
    def __init__(self):
        self.waiting = deque()
        self.answers = []
        self.handed = {}
        self.refusals = 0
        self.more = asyncio.Condition()
        self.port = 0
        self.asked = None

    async def next(self):
        self.asked = self.asked or time.time()
        async with self.more:
            await self.more.wait_for(lambda: self.waiting)
            invocation = self.waiting.popleft()
        self.handed[invocation["id"]] = time.monotonic()
        headers = [("Lambda-Runtime-Aws-Request-Id", invocation["id"]),
                   ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:converge-lookup")]
        if (left := invocation.get("remaining", 3000)) is not None:
            headers.append(("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000 + left))))
        if "trace" in invocation:
            headers.append(("Lambda-Runtime-Trace-Id", invocation["trace"]))
        return answer(200, invocation["event"].encode(), headers)

    def take(self, path, body):
        parts = path.removeprefix(ROOT).split("/")
        if parts == ["init", "error"]:
            self.answers.append({"id": "", "kind": "init", "body": body, "milliseconds": 0})
            return answer(202, b"{}", [])
        if len(parts) != 3 or parts[0] != "invocation" or parts[1] not in self.handed or parts[2] not in ("response", "error"):
            return answer(404, b"{}", [])
        if parts[2] == "response" and self.refusals > 0:
            self.refusals -= 1
            return answer(413, b"{}", [])
        taken = (time.monotonic() - self.handed.pop(parts[1])) * 1000
        self.answers.append({"id": parts[1], "kind": parts[2], "body": body, "milliseconds": taken})
        return answer(202, b"{}", [])

    async def accepted(self, reader, writer):
        try:
            while head := await read_head(reader):
                body = (await read_body(reader, head)).decode("utf-8", "replace")
                if head.start[0] == "GET" and head.start[1] == ROOT + "invocation/next":
                    writer.write(await self.next())
                else:
                    writer.write(self.take(head.start[1], body) if head.start[0] == "POST" else answer(404, b"{}", []))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            writer.close()

    # What is asked of it.

    async def add(self, invocations):
        async with self.more:
            self.waiting.extend(invocations)
            self.more.notify_all()

    def put(self, invocations):
        asyncio.get_running_loop().create_task(self.add(invocations))
        return len(invocations)

    def refuse(self, count):
        self.refusals = count
        return count

    @property
    def routes(self):
        return {
            "GET /_stub/world": lambda _: {"address": f"127.0.0.1:{self.port}", "asked": self.asked},
            "PUT /_stub/invocations": self.put, "GET /_stub/answers": lambda _: self.answers,
            "PUT /_stub/refusals": self.refuse,
        }


async def main():
    end_with_input()
    runtime = Runtime()
    runtime.port = port_of(await listen(runtime.accepted))
    server = await listen(control(runtime.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
