"""What is true of one Global Resiliency pair of Amazon Connect: the instance, its traffic distribution groups, users, replication.

Both Regions see the same. The source Region is the home of the groups: their ARNs name it, and there alone a bare id finds one.
What the real service does where nobody knows it ("FAILOVER.md" marks it [?]) is a setting.
"""
import time
import uuid
from collections import deque

from service import Refusal

SHARES = ("TelephonyConfig", "AgentConfig")
SIGN_IN = "SignInConfig"
STATUSES = ("CREATION_IN_PROGRESS", "ACTIVE", "CREATION_FAILED", "PENDING_DELETION", "DELETION_FAILED", "UPDATE_IN_PROGRESS")
# Distributions in force that a group remembers; the oldest are forgotten beyond.
HISTORY_MAX = 1000


def identity(*parts):
    """The same id for the same name in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("converge", "connect", *parts))))


def invalid(message):
    return Refusal(400, "InvalidRequestException", message)


class Settings:
    """`updateSeconds`: how long a group is in `updateStatus` after an update; null: until a control call sets another status.
    `conflict`: what an update of a group that is not ACTIVE answers. `reading`: what GetTrafficDistribution does meanwhile:
    refuse, or tell the old or the new distribution. `effectSeconds`: when after an update callers and agents follow it.
    """

    CHOICES = {
        "updateStatus": STATUSES, "conflict": ("InvalidRequestException", "ResourceConflictException"),
        "reading": ("refused", "old", "new"),
    }

    def __init__(self):
        self.values = {
            "updateSeconds": 0, "updateStatus": "UPDATE_IN_PROGRESS", "conflict": "InvalidRequestException", "reading": "refused",
            "effectSeconds": 0,
        }

    def set(self, wanted):
        for name, value in wanted.items():
            if name not in self.values or name in Settings.CHOICES and value not in Settings.CHOICES[name]:
                raise ValueError(f"no such setting: {name} {value}")
        self.values |= wanted
        return self.values

    def __getitem__(self, name):
        return self.values[name]


class Group:
    """A traffic distribution group; `distribution`: member -> Region -> percentage (sign-in: whether it is enabled)."""

    def __init__(self, name, arn, regions, is_default, now):
        self.name, self.arn, self.is_default = name, arn, is_default
        self.id = arn.rpartition("/")[2]
        source, replica = regions
        self.distribution = {member: {source: 100, replica: 0} for member in SHARES}
        if is_default:
            self.distribution[SIGN_IN] = {source: True, replica: True}
        self.before = self.distribution
        self.last_failover = now
        self.updates = 0
        self.own_status, self.until = "ACTIVE", 0
        # When each distribution came into force.
        self.history = deque([(time.monotonic(), self.distribution)], maxlen=HISTORY_MAX)

    @property
    def status(self):
        if self.until is not None and time.monotonic() >= self.until:
            self.own_status = "ACTIVE"
        return self.own_status

    def in_force(self):
        """The distribution that callers and agents follow now."""
        now = time.monotonic()
        return next((shares for at, shares in reversed(self.history) if at <= now), self.history[0][1])

    def summary(self, pair):
        return {
            "Id": self.id, "Arn": self.arn, "Name": self.name, "InstanceArn": pair.instance_arn(pair.source), "Status": self.status,
            "IsDefault": self.is_default,
        }

    def as_json(self):
        return {
            "id": self.id, "arn": self.arn, "name": self.name, "isDefault": self.is_default, "status": self.status,
            "distribution": self.distribution, "inForce": self.in_force(), "lastFailoverTime": self.last_failover,
            "updates": self.updates,
        }


class Pair:
    def __init__(self, regions, account, groups, users, clock):
        if len(set(regions)) != 2:
            raise ValueError("a pair is two Regions, the source first")
        self.regions, self.account, self.clock = list(regions), account, clock
        self.source = self.regions[0]
        self.instance = identity("instance")
        self.settings = Settings()
        self.created = clock.now() - 90 * 86400
        self.groups = []
        for name in ["default", *groups]:
            self.add_group(name)
        self.users = [{"Id": identity("user", str(number)), "Username": f"agent{number:05}"} for number in range(users)]
        self.members = {group.id: [user["Id"] for user in self.users] if group.is_default else [] for group in self.groups}
        self.instance_status = dict.fromkeys(self.regions, "ACTIVE")
        self.replication = dict.fromkeys(self.regions, "INSTANCE_REPLICATION_COMPLETE")
        # By kind of resource: findings, drifted counts and states by Region.
        self.findings, self.drift, self.kind_states = {}, {}, {}
        self.isolated = []
        # Values of metrics by name, in place of what telephony says; None: not computable.
        self.metrics = {}

    def arn(self, region, rest):
        return f"arn:aws:connect:{region}:{self.account}:{rest}"

    def instance_arn(self, region):
        return self.arn(region, f"instance/{self.instance}")

    def user_arn(self, region, id):
        return f"{self.instance_arn(region)}/agent/{id}"

    def add_group(self, name):
        arn = self.arn(self.source, f"traffic-distribution-group/{identity('group', name)}")
        self.groups.append(Group(name, arn, self.regions, not self.groups, self.clock.now()))
        return self.groups[-1]

    def find(self, region, id):
        """A group by what a request in a Region calls it."""
        for group in self.groups:
            if id == group.arn or id == group.id and region == self.source:
                return group
        raise Refusal(404, "ResourceNotFoundException", f"No traffic distribution group {id} in {region}")

    def named(self, name):
        """A group as the control interface calls it: by name, id or ARN."""
        for group in self.groups:
            if name in (group.name, group.id, group.arn):
                return group
        raise KeyError(f"no group {name}")

    def check_instance(self, region, id):
        if id not in (self.instance, self.instance_arn(region)):
            raise Refusal(404, "ResourceNotFoundException", f"No instance {id} in {region}")

    # The one thing that changes.

    def update(self, group, wanted):
        """UpdateTrafficDistribution. All of it or nothing; a member that is left out stays as it is."""
        if group.status != "ACTIVE":
            code = self.settings["conflict"]
            message = f"Traffic distribution group {group.id} is {group.status}"
            raise Refusal(409 if code == "ResourceConflictException" else 400, code, message)
        self.put(group, self.read(group, wanted))
        seconds = self.settings["updateSeconds"]
        if seconds != 0:
            group.own_status = self.settings["updateStatus"]
            group.until = None if seconds is None else time.monotonic() + seconds

    def put(self, group, wanted):
        group.before = group.distribution
        group.distribution = group.distribution | wanted
        group.last_failover = max(self.clock.now(), group.last_failover + 0.001)
        group.updates += 1
        group.history.append((time.monotonic() + self.settings["effectSeconds"], group.distribution))

    def read(self, group, wanted):
        """The shares that a body asks for, or what is wrong with them. Members that the model does not have are refused, so that
        a client's slip is seen; what the real service does with them is not known."""
        if not isinstance(wanted, dict) or not wanted:
            raise invalid("TelephonyConfig, AgentConfig or SignInConfig is needed")
        found = {}
        for member, config in wanted.items():
            if member not in (*SHARES, SIGN_IN):
                raise invalid(f"{member} is no member of UpdateTrafficDistribution")
            if member == SIGN_IN and not group.is_default:
                raise invalid("SignInConfig can be changed for the default traffic distribution group alone")
            if not isinstance(config, dict) or set(config) != {"Distributions"} or not isinstance(config["Distributions"], list):
                raise invalid(f"{member} holds one list, Distributions")
            found[member] = self.shares(member, config["Distributions"])
        return found

    def shares(self, member, entries):
        value = "Enabled" if member == SIGN_IN else "Percentage"
        found = {}
        for entry in entries:
            if not isinstance(entry, dict) or set(entry) != {"Region", value}:
                raise invalid(f"{member}.Distributions: {entry} is not {{Region, {value}}}")
            if entry["Region"] in found:
                raise invalid(f"{member}.Distributions names {entry['Region']} twice")
            found[entry["Region"]] = entry[value]
        if set(found) != set(self.regions):
            raise invalid(f"{member}.Distributions must name the linked Regions {self.regions}, not {sorted(found)}")
        for share in found.values():
            if member == SIGN_IN and not isinstance(share, bool):
                raise invalid(f"{member}: Enabled {share} is no boolean")
            if member != SIGN_IN and (type(share) is not int or share not in range(0, 101, 10)):
                raise invalid(f"{member}: Percentage {share} is no multiple of 10 from 0 to 100")
        if member == "TelephonyConfig" and sum(found.values()) != 100:
            raise invalid(f"TelephonyConfig: percentages add up to {sum(found.values())}, not to 100")
        return found
