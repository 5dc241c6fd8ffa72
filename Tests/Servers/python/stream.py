"""Events on their way into a Kinesis stream of an emulator, in order."""
import asyncio
import base64
import json
from collections import deque

from wire import Emulator, Refused

# Records of one request, as Kinesis has it; records that wait, the oldest are dropped beyond.
BATCH_MAX, WAITING_MAX = 500, 100_000


class Stream:
    def __init__(self, region, place):
        """`place`: PORT/NAME."""
        port, _, self.name = place.partition("/")
        self.emulator = Emulator(region, int(port))
        self.waiting = deque()
        self.put = self.dropped = 0

    def add(self, key, event):
        if len(self.waiting) >= WAITING_MAX:
            self.waiting.popleft()
            self.dropped += 1
        self.waiting.append({"Data": base64.b64encode(json.dumps(event).encode()).decode(), "PartitionKey": key})

    def clear(self):
        self.dropped += len(self.waiting)
        self.waiting.clear()

    async def run(self):
        while True:
            if not self.waiting:
                await asyncio.sleep(0.02)
                continue
            batch = [self.waiting.popleft() for _ in range(min(BATCH_MAX, len(self.waiting)))]
            try:
                wanted = {"StreamName": self.name, "Records": batch}
                answers = (await self.emulator.call("Kinesis_20131202.PutRecords", wanted, "kinesis"))["Records"]
                failed = [record for record, answer in zip(batch, answers) if "ErrorCode" in answer]
            except (OSError, asyncio.IncompleteReadError, Refused):
                # It may have been done: then they come twice.
                failed = batch
                self.emulator.forget_connections()
            self.put += len(batch) - len(failed)
            self.waiting.extendleft(reversed(failed))
            if failed:
                await asyncio.sleep(0.2)

    def as_json(self):
        return {"put": self.put, "waiting": len(self.waiting), "dropped": self.dropped}
