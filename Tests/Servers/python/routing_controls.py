"""A stub of the data plane of Application Recovery Controller: the five Regional endpoints of one cluster, over one truth.

    python3 routing_controls.py [--on us-east-1] us-east-1 us-west-2

Makes a routing control of each name that is given, `On` where `--on` names it, and a safety rule by which at least one is On. Prints
`ready PORT`, the port of its control interface:

    GET /_stub/world      {"endpoints": {Region: URL}, "panel": ARN, "rule": ARN, "controls": {name: {"arn", "state"}}, "updates": how many,
                           "doors": {Region: state}}
    PUT /_stub/state      {Region: "up" | "hang" | "reset" | "refuse" | "error"}; `error` is EndpointTemporarilyUnavailableException
    PUT /_stub/controls   {name: "On" | "Off"}: somebody else, whatever the safety rule says
    PUT /_stub/faults, GET /_stub/fired, PUT /_stub/clock, GET and DELETE /_stub/log: see service.py

The model names no HTTP status for its errors: 503 for an endpoint that is not available and 400 for the rest are this stub's own.
"""
import argparse
import asyncio

from connect_pair import identity
from service import Desk, Door, Refusal, TargetJSON, page_of
from wire import control, end_with_input, listen, port_of

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2")
PROTOCOL = TargetJSON("ToggleCustomerAPI", "1.0", "EndpointTemporarilyUnavailableException", 503)
ACCOUNT, PANEL_NAME, PAGE = "111122223333", "DefaultControlPanel", 100


def invalid(message):
    return Refusal(400, "ValidationException", message, reason="fieldValidationFailed")


class Cluster:
    def __init__(self, names, on):
        self.panel = f"arn:aws:route53-recovery-control::{ACCOUNT}:controlpanel/{identity('panel').replace('-', '')}"
        self.rule = f"{self.panel}/safetyrule/{identity('rule')[:16].replace('-', '')}"
        self.arns = {name: f"{self.panel}/routingcontrol/{identity('control', name)[:16].replace('-', '')}" for name in names}
        self.names = {arn: name for name, arn in self.arns.items()}
        self.states = {name: "On" if name in on else "Off" for name in names}
        self.updates = 0

    @property
    def by_name(self):
        return {name: getattr(self, name) for name in (
            "GetRoutingControlState", "ListRoutingControls", "UpdateRoutingControlState", "UpdateRoutingControlStates")}

    def named(self, arn):
        if arn not in self.names:
            message = f"Routing control {arn} does not exist"
            raise Refusal(400, "ResourceNotFoundException", message, resourceId=str(arn), resourceType="RoutingControl")
        return self.names[arn]

    def update(self, entries, overridden):
        """All of them or none."""
        if not entries or len({entry.get("RoutingControlArn") for entry in entries}) < len(entries):
            raise invalid("Each routing control has to be named once")
        wanted = {self.named(entry.get("RoutingControlArn")): entry.get("RoutingControlState") for entry in entries}
        if set(wanted.values()) - {"On", "Off"}:
            raise invalid("RoutingControlState is On or Off")
        for arn in overridden:
            if arn != self.rule:
                raise Refusal(400, "ResourceNotFoundException", f"No rule {arn}", resourceId=arn, resourceType="SafetyRule")
        after = self.states | wanted
        if "On" not in after.values() and self.rule not in overridden:
            message = f"Safety rule {self.rule} forbids that all of its routing controls are Off"
            raise Refusal(400, "ConflictException", message, resourceId=self.rule, resourceType="SafetyRule")
        self.states = after
        self.updates += 1
        return {}

    # Operations.

    def GetRoutingControlState(self, door, request):
        arn = request.body.get("RoutingControlArn")
        name = self.named(arn)
        return {"RoutingControlArn": arn, "RoutingControlName": name, "RoutingControlState": self.states[name]}

    def UpdateRoutingControlState(self, door, request):
        return self.update([request.body], request.body.get("SafetyRulesToOverride", []))

    def UpdateRoutingControlStates(self, door, request):
        return self.update(request.body.get("UpdateRoutingControlStateEntries", []), request.body.get("SafetyRulesToOverride", []))

    def ListRoutingControls(self, door, request):
        if request.body.get("ControlPanelArn", self.panel) != self.panel:
            arn = request.body["ControlPanelArn"]
            raise Refusal(400, "ResourceNotFoundException", f"No panel {arn}", resourceId=arn, resourceType="ControlPanel")
        found = [
            {
                "ControlPanelArn": self.panel, "ControlPanelName": PANEL_NAME, "RoutingControlArn": arn, "RoutingControlName": name,
                "RoutingControlState": self.states[name], "Owner": ACCOUNT,
            } for name, arn in self.arns.items()]
        try:
            found, more = page_of(found, request.body.get("NextToken"), request.body.get("MaxResults"), PAGE, None, "NextToken")
        except ValueError as error:
            raise invalid(str(error)) from None
        return {"RoutingControls": found, **more}


class Stub:
    def __init__(self, names, on, seed):
        self.desk = Desk(seed)
        self.cluster = Cluster(names, on)
        self.doors = {
            region: Door(self.desk, region, region, "route53-recovery-cluster", PROTOCOL, self.cluster.by_name) for region in REGIONS}

    def world(self, _=None):
        cluster = self.cluster
        return {
            "endpoints": {name: f"http://127.0.0.1:{door.port}" for name, door in self.doors.items()}, "panel": cluster.panel,
            "rule": cluster.rule, "updates": cluster.updates, "doors": {name: door.state for name, door in self.doors.items()},
            "controls": {name: {"arn": arn, "state": cluster.states[name]} for name, arn in cluster.arns.items()},
        }

    async def set_state(self, wanted):
        for region, state in wanted.items():
            await self.doors[region].set(state)
        return self.world()["doors"]

    def set_controls(self, wanted):
        if set(wanted) - set(self.cluster.states) or set(wanted.values()) - {"On", "Off"}:
            raise ValueError(f"no such routing controls: {wanted}")
        self.cluster.states |= wanted
        return self.world()["controls"]

    @property
    def routes(self):
        return self.desk.routes | {
            "GET /_stub/world": self.world, "PUT /_stub/state": self.set_state, "PUT /_stub/controls": self.set_controls}


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--on", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    end_with_input()
    stub = Stub(arguments.names, arguments.on, arguments.seed)
    for door in stub.doors.values():
        await door.open()
    server = await listen(control(stub.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
