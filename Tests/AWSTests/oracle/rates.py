"""Random answers over time and the rate that botocore's adaptive retry mode comes to, a JSON object a line: rates.py STEPS SEED."""

import json
import random
import sys

from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import TokenBucket
from botocore.retries.throttling import CubicCalculator


class Clock:
    now = 100.25

    def current_time(self):
        return self.now


class Told:
    def is_throttling_error(self, throttled):
        return throttled


random.seed(int(sys.argv[2]))
clock = Clock()
bucket = TokenBucket(max_rate=1, clock=clock)
limiter = ClientRateLimiter(
    rate_adjustor=CubicCalculator(starting_max_rate=0, start_time=clock.now), rate_clocker=RateClocker(clock),
    token_bucket=bucket, throttling_detector=Told(), clock=clock)
pace = 0.01
for step in range(int(sys.argv[1])):
    if step % 200 == 0:
        pace = random.choice([0.001, 0.01, 0.1, 1.5])
    # Whole milliseconds, so that both sides add up the same times.
    clock.now = round(clock.now + max(1, round(random.random() * 2000 * pace)) / 1000, 3)
    throttled = random.random() < random.choice([0, 0.01, 0.3])
    limiter.on_receiving_response(throttled=throttled)
    print(json.dumps({"milliseconds": round(clock.now * 1000), "throttled": throttled, "rate": bucket.max_rate}))
