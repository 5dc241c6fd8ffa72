"""A stub of AWS Health: DescribeEvents over events that are given to it.

    python3 health.py [--region us-east-1]

`--region`: of its endpoint, for signatures. Prints `ready PORT`, the port of its control interface:

    GET /_stub/world         {"endpoint": URL, "events": how many, "door": state}
    PUT /_stub/events        a list that takes the place of the one before, members as the model has them; times in seconds since 1970
    PUT /_stub/state         {"door": "up" | "hang" | "reset" | "refuse" | "error"}
    PUT /_stub/subscription  {"isThere": false}: without a support plan, SubscriptionRequiredException to everything
    PUT /_stub/faults, GET /_stub/fired, PUT /_stub/clock, GET and DELETE /_stub/log: see service.py

It speaks JSON 1.1, which the model offers beside CBOR.
"""
import argparse
import asyncio

from service import Desk, Door, Refusal, TargetJSON, page_of
from wire import control, end_with_input, listen, port_of

PROTOCOL = TargetJSON("AWSHealth_20160804", "1.1", "InternalServerError", 500)
# Filter -> member of an event that has to be one of its values; filter -> member that has to be in one of its spans.
ONE_OF = {
    "eventArns": "arn", "eventTypeCodes": "eventTypeCode", "services": "service", "regions": "region",
    "availabilityZones": "availabilityZone", "eventTypeCategories": "eventTypeCategory", "eventStatusCodes": "statusCode",
}
WITHIN = {"startTimes": "startTime", "endTimes": "endTime", "lastUpdatedTimes": "lastUpdatedTime"}
PAGE = 100


def fits(event, wanted):
    for name, values in wanted.items():
        if name in ONE_OF:
            is_so = event.get(ONE_OF[name]) in values
        elif name in WITHIN:
            at = event.get(WITHIN[name])
            is_so = at is not None and any(
                span.get("from", float("-inf")) <= at <= span.get("to", float("inf")) for span in values)
        else:
            raise Refusal(400, "ValidationException", f"The stub does not filter by {name}")
        if not is_so:
            return False
    return True


class Stub:
    def __init__(self, region):
        self.desk = Desk()
        self.events, self.is_subscribed = [], True
        self.door = Door(self.desk, "health", region, "health", PROTOCOL, {"DescribeEvents": self.describe_events})

    def describe_events(self, door, request):
        if not self.is_subscribed:
            raise Refusal(400, "SubscriptionRequiredException", "The AWS Health API needs a Business or Enterprise Support plan")
        body = request.body
        found = [event for event in self.events if fits(event, body.get("filter", {}))]
        found.sort(key=lambda event: -event.get("lastUpdatedTime", 0))
        try:
            found, more = page_of(found, body.get("nextToken"), body.get("maxResults"), PAGE, None, "nextToken")
        except ValueError as error:
            raise Refusal(400, "InvalidPaginationToken", str(error)) from None
        return {"events": found, **more}

    # What is asked of it.

    def world(self, _=None):
        return {"endpoint": f"http://127.0.0.1:{self.door.port}", "events": len(self.events), "door": self.door.state}

    def set_events(self, wanted):
        self.events = wanted
        return self.world()

    async def set_state(self, wanted):
        await self.door.set(wanted["door"])
        return self.world()

    def set_subscription(self, wanted):
        self.is_subscribed = wanted["isThere"]
        return self.world()

    @property
    def routes(self):
        return self.desk.routes | {
            "GET /_stub/world": self.world, "PUT /_stub/events": self.set_events, "PUT /_stub/state": self.set_state,
            "PUT /_stub/subscription": self.set_subscription,
        }


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--region", default="us-east-1")
    end_with_input()
    stub = Stub(parser.parse_args().region)
    await stub.door.open()
    server = await listen(control(stub.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
