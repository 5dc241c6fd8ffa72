"""The arithmetic of a month: from figures that were measured and list prices to dollars, each line with its sum in words."""

import collections
import json
import math
import os

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "prices.json")) as file:
    PRICES = json.load(file)

# Of an agent's work and of a month.
HOURS, MONTH = 176, 730
REGIONS = 2
# Of agent events and of everything else.
STREAMS = 2
# A shard takes 1 MB/s; half of it is planned for.
SHARD_BYTES = 500_000
# A second: commits of positions, and before each the epoch of each table is read.
COMMITS = 1
TABLES = 7
# A worker that dies is replaced by one that runs already.
TASKS = 2
# vCPU and GB; the smallest that is no busier than half.
TASK_SIZES = [(0.25, 0.5), (0.5, 1), (1, 2), (2, 4), (4, 8)]
# Seconds of CPU a small row of boto3, fast, in the tables of `make bench-aws`; memory that makes one vCPU.
LAMBDA_ROW, LAMBDA_MEMORY = 505e-6, 1769
# Seconds that DynamoDB takes to answer, in the same Region.
LAMBDA_WAIT = 5e-3
# The honest Lambda's (Benchmarks/peers/lambda) by scope and way to write, and what writes Converge's rows.
HONEST = {
    "small each": "Lambda, agents and contacts, an update an event", "small batch": "the same, an update an item and invocation",
    "all each": "Lambda, what Converge keeps, an update an event", "all batch": "the same, an update an item and invocation"}
WAYS = {"converge": "Converge"} | HONEST | {"lambda": "Lambda, Converge's rows", "flink": "Managed Flink, Converge's rows"}
GROUPS = ["writes", "other DynamoDB", "Kinesis", "compute"]

Line = collections.namedtuple("Line", "group what arithmetic dollars")


def price(name):
    return PRICES["prices"][name]["dollars"]


def events(found, agents, traffic):
    return agents * found["traffic"][traffic]["perAgentHour"] * HOURS


def shards(found, agents, traffic):
    """Of a stream, in a Region that takes everything."""
    return max(math.ceil(agents * found["traffic"][traffic]["perAgentHour"] / 3600 * found["bytes"] / STREAMS / SHARD_BYTES), 1)


def lines(found, agents, traffic, way="converge"):
    yield from dynamodb(found, agents, traffic, way)
    yield from kinesis(found, agents, traffic)
    yield from {"converge": workers, "flink": flink}.get(way, functions)(found, agents, traffic, way)


def total(found, agents, traffic, way="converge", group=None):
    return sum(line.dollars for line in lines(found, agents, traffic, way) if group in (None, line.group))


def written(found, traffic, way):
    """Of an event: updates or rows, units, items that stay; and bytes of an item."""
    about = found["traffic"][traffic]
    if way in HONEST:
        return about["honest"][way]
    rows, units = ("rowsAtOnce", "unitsAtOnce") if way == "lambda" else ("rows", "units")
    return {"rows": about[rows], "units": about[units], "items": found["entities"], "itemBytes": about["itemBytes"]}


def dynamodb(found, agents, traffic, way):
    about, count = written(found, traffic, way), events(found, agents, traffic) / 1e6
    units = about["units"]
    yield Line("writes", "rows written",
               f"{count:,.1f} M events x {units:.2f} units x {REGIONS} replicas x ${price('dynamodbWrite')}",
               count * units * REGIONS * price("dynamodbWrite"))
    if way == "converge":
        yield from overhead(found, agents, traffic, count)
    size = count * 1e6 * about["items"] * about["itemBytes"] / 1e9
    kept = price("dynamodbStorage") + price("dynamodbRecovery")
    yield Line("other DynamoDB", "storage and point-in-time recovery",
               f"{count:,.1f} M events x {about['items']:.3f} entities x {about['itemBytes'] / 1e3:.1f} KB = {size:,.0f} GB "
               f"x {REGIONS} replicas x ${kept:.2f}", size * REGIONS * kept)


def overhead(found, agents, traffic, count):
    """What Converge reads and writes beside the rows, at most."""
    reads = count * found["entities"] + COMMITS * TABLES * HOURS * 3600 * REGIONS / 1e6
    yield Line("other DynamoDB", "rows read before they are first written, and epochs, at most",
               f"({count:,.1f} M events x {found['entities']:.3f} + {COMMITS} a second x {TABLES} tables x {HOURS} h x 3,600 s x "
               f"{REGIONS} Regions) x ${price('dynamodbRead')}", reads * price("dynamodbRead"))
    canaries = TASKS * REGIONS * MONTH * 3600 / 1e6
    yield Line("other DynamoDB", "canary rows", f"{TASKS} workers x {REGIONS} Regions x {MONTH} h x 3,600 s x {REGIONS} replicas "
               f"x ${price('dynamodbWrite')}", canaries * REGIONS * price("dynamodbWrite"))
    leases = STREAMS * shards(found, agents, traffic)
    commits = leases * COMMITS * HOURS * 3600 * REGIONS / 1e6
    yield Line("other DynamoDB", "commits to leases, at most", f"{leases} shards x {COMMITS} a second x {HOURS} h x 3,600 s x "
               f"{REGIONS} Regions x ${price('dynamodbWrite')}", commits * price("dynamodbWrite"))


def kinesis(found, agents, traffic):
    each, count = shards(found, agents, traffic), events(found, agents, traffic) / 1e6
    yield Line("Kinesis", "shards, provisioned", f"{STREAMS} streams x {each} shards x {REGIONS} Regions x {MONTH} h x "
               f"${price('kinesisShard')}", STREAMS * each * REGIONS * MONTH * price("kinesisShard"))
    yield Line("Kinesis", "records put", f"{count:,.1f} M x ${price('kinesisPut')}", count * price("kinesisPut"))


def workers(found, agents, traffic, _):
    about = found["traffic"][traffic]
    busy = agents * about["perAgentHour"] / 3600 * found["cpu"][agents]
    processors, memory = next((size for size in TASK_SIZES if busy <= size[0] / 2), TASK_SIZES[-1])
    hourly = processors * price("fargateProcessor") + memory * price("fargateMemory")
    yield Line("compute", f"Fargate, {processors:g} vCPU and {memory:g} GB", f"{busy:.3f} processors busy in one worker that "
               f"takes everything; {TASKS} workers x {REGIONS} Regions x {MONTH} h x ${hourly:.4f}",
               TASKS * REGIONS * MONTH * hourly)


def functions(found, agents, traffic, way):
    about, count = written(found, traffic, way), events(found, agents, traffic) / 1e6
    calls = STREAMS * shards(found, agents, traffic) * REGIONS * HOURS * 3600 / 1e6
    yield Line("compute", "Lambda, requests", f"{calls:,.1f} M x ${price('lambdaRequest')}", calls * price("lambdaRequest"))
    seconds = count * 1e6 * about["rows"] * LAMBDA_ROW * LAMBDA_MEMORY / 1024
    yield Line("compute", "Lambda, duration", f"{seconds:,.0f} GB-seconds x ${price('lambdaDuration')}",
               seconds * price("lambdaDuration"))


def waited(found, agents, traffic, way):
    """Dollars more where a function waits for each update, one after the other, as a loop does: it is billed for that, too."""
    count = events(found, agents, traffic) * written(found, traffic, way)["rows"]
    return count * LAMBDA_WAIT * LAMBDA_MEMORY / 1024 * price("lambdaDuration")


def flink(found, agents, traffic, _):
    yield Line("compute", "KPUs", f"{REGIONS} Regions x (1 + 1) x {MONTH} h x ${price('flinkProcessing')}",
               REGIONS * 2 * MONTH * price("flinkProcessing"))
    yield Line("compute", "running storage", f"{REGIONS} Regions x 50 GB x ${price('flinkStorage')}",
               REGIONS * 50 * price("flinkStorage"))


def choices(found, agents, traffic):
    """The same month with another way to read and to run, in dollars: what would stand in place of which group."""
    count, each = events(found, agents, traffic) / 1e6, shards(found, agents, traffic)
    sent = count * 1e6 * found["kilobytes"] / 2**20
    on_demand = STREAMS * REGIONS * MONTH * price("kinesisStream") + sent * (price("kinesisIn") + price("kinesisOut"))
    yield Line("Kinesis", "streams on demand instead of shards", f"{STREAMS} streams x {REGIONS} Regions x {MONTH} h x "
               f"${price('kinesisStream')} + {sent:,.0f} GB x (${price('kinesisIn')} + ${price('kinesisOut')})", on_demand)
    fan_out = STREAMS * each * REGIONS * MONTH * price("fanOutShard") + count * 1e6 * found["bytes"] / 2**30 * price("fanOutOut")
    yield Line("Kinesis", "enhanced fan-out, on top of shards", f"{STREAMS * each * REGIONS} shards x {MONTH} h x "
               f"${price('fanOutShard')} + {count * 1e6 * found['bytes'] / 2**30:,.0f} GB x ${price('fanOutOut')}", fan_out)
    yield Line("compute", "t3.small instead of Fargate",
               f"{TASKS} workers x {REGIONS} Regions x {MONTH} h x ${price('instance')}",
               TASKS * REGIONS * MONTH * price("instance"))
