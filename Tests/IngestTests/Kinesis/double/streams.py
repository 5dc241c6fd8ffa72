"""Streams, shards and records as Amazon Kinesis has them: what a double of the service answers from.

Resharding is as the service's documentation says: the parents close and keep their records; whoever reads a closed shard to
its end is told so, with the shards that go on; the children's sequence numbers are greater than every one of their parents.
"""

import base64
import hashlib
import json
import time

ACCOUNT = "123456789012"
HASH_KEYS = 1 << 128
ANSWER_BYTES = 10 << 20
# Sequence numbers have 56 digits, as the service's do, and leave room between two of a shard.
FIRST_SEQUENCE = 49_600_000 * 10**48
SEQUENCE_STEP = 1 << 65


class Refused(Exception):
    def __init__(self, code, text, status=400):
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


def invalid(text):
    return Refused("InvalidArgumentException", text)


class Record:
    __slots__ = ("sequence", "arrival", "text", "size")

    def __init__(self, sequence, data, partition_key, arrival):
        self.sequence, self.arrival = sequence, arrival
        self.size = len(data) * 3 // 4 + len(partition_key)
        # Seconds as the service spells them: 1.441215410867E9.
        seconds = f"{arrival / 1e12:.12f}E9"
        key = json.dumps(partition_key)
        self.text = (
            f'{{"SequenceNumber":"{sequence}","ApproximateArrivalTimestamp":{seconds},"Data":"{data}","PartitionKey":{key}}}'
        ).encode()


class Shard:
    def __init__(self, index, first, last, starting, parents=()):
        self.id = f"shardId-{index:012d}"
        self.index, self.first, self.last, self.starting = index, first, last, starting
        self.parents = list(parents)
        self.children = []
        self.ending = None
        self.created = time.time()
        self.records = []

    def description(self):
        shard = {
            "ShardId": self.id,
            "HashKeyRange": {"StartingHashKey": str(self.first), "EndingHashKey": str(self.last)},
            "SequenceNumberRange": {"StartingSequenceNumber": str(self.starting)},
        }
        for name, parent in zip(("ParentShardId", "AdjacentParentShardId"), self.parents):
            shard[name] = parent.id
        if self.ending is not None:
            shard["SequenceNumberRange"]["EndingSequenceNumber"] = str(self.ending)
        return shard

    def child_descriptions(self):
        return [
            {
                "ShardId": child.id,
                "ParentShards": [parent.id for parent in child.parents],
                "HashKeyRange": {"StartingHashKey": str(child.first), "EndingHashKey": str(child.last)},
            }
            for child in self.children
        ]

    def offset(self, sequence):
        """The first record whose number is at least `sequence`."""
        low, high = 0, len(self.records)
        while low < high:
            middle = (low + high) // 2
            if self.records[middle].sequence < sequence:
                low = middle + 1
            else:
                high = middle
        return low

    def take(self, sequence, limit, size=ANSWER_BYTES):
        """Records from `sequence` on, the sequence to go on at, and whether nothing of the shard is left after them."""
        at = self.offset(sequence)
        taken = []
        while at < len(self.records) and len(taken) < limit and (not taken or size >= self.records[at].size):
            size -= self.records[at].size
            taken.append(self.records[at])
            at += 1
        after = taken[-1].sequence + 1 if taken else sequence
        return taken, after, self.ending is not None and at == len(self.records)

    def millis_behind(self, sequence):
        at = self.offset(sequence)
        return max(0, int(time.time() * 1000) - self.records[at].arrival) if at < len(self.records) else 0


class Stream:
    def __init__(self, name, region, count):
        self.name = name
        self.arn = f"arn:aws:kinesis:{region}:{ACCOUNT}:stream/{name}"
        self.created = time.time()
        self.shards = {}
        self.consumers = {}
        self.next_index = 0
        self.clock = 0
        for number in range(count):
            self.add(HASH_KEYS * number // count, HASH_KEYS * (number + 1) // count - 1)

    def sequence(self, shard_index):
        self.clock += 1
        return FIRST_SEQUENCE + self.clock * SEQUENCE_STEP + shard_index * 16 + 2

    def add(self, first, last, parents=()):
        shard = Shard(self.next_index, first, last, self.sequence(self.next_index), parents)
        self.next_index += 1
        self.shards[shard.id] = shard
        for parent in parents:
            parent.children.append(shard)
        return shard

    def shard(self, identity):
        if identity not in self.shards:
            raise Refused(
                "ResourceNotFoundException",
                f"Shard {identity} in stream {self.name} under account {ACCOUNT} does not exist",
            )
        return self.shards[identity]

    def open_shard(self, identity):
        shard = self.shard(identity)
        if shard.ending is not None:
            raise invalid(f"Shard {identity} in stream {self.name} under account {ACCOUNT} has already been merged or split")
        return shard

    def open_shards(self):
        return [shard for shard in self.shards.values() if shard.ending is None]

    def put(self, data, partition_key, explicit_hash_key=None, arrival=None):
        if explicit_hash_key is not None:
            key = int(explicit_hash_key)
        else:
            key = int.from_bytes(hashlib.md5(partition_key.encode()).digest(), "big")
        shard = next(shard for shard in self.open_shards() if shard.first <= key <= shard.last)
        arrival = int(time.time() * 1000) if arrival is None else arrival
        record = Record(self.sequence(shard.index), data, partition_key, arrival)
        shard.records.append(record)
        return {"ShardId": shard.id, "SequenceNumber": str(record.sequence)}

    def close(self, shard):
        shard.ending = self.sequence(shard.index)

    def split(self, identity, key):
        parent = self.open_shard(identity)
        if not parent.first < key <= parent.last:
            raise invalid(f"NewStartingHashKey {key} used in SplitShard() on shard {identity} is not both greater than one plus"
                          " the shard's StartingHashKey and less than the shard's EndingHashKey")
        self.close(parent)
        self.add(parent.first, key - 1, [parent])
        self.add(key, parent.last, [parent])

    def merge(self, identity, adjacent):
        one, other = self.open_shard(identity), self.open_shard(adjacent)
        if one.last + 1 != other.first and other.last + 1 != one.first:
            raise invalid(f"Shards {identity} and {adjacent} in stream {self.name} under account {ACCOUNT} are not an"
                          " adjacent pair")
        self.close(one)
        self.close(other)
        self.add(min(one.first, other.first), max(one.last, other.last), [one, other])

    def trim(self, identity, whole, through):
        """Lets records expire: all of a shard up to a sequence number, or the shard as well."""
        shard = self.shard(identity)
        shard.records = [record for record in shard.records if through is not None and record.sequence > through]
        if whole:
            if shard.ending is None:
                raise invalid("an open shard does not expire")
            del self.shards[identity]

    def start(self, shard, kind, number=None, moment=None):
        """The sequence that reading begins at, by the type of a starting position."""
        if kind == "TRIM_HORIZON":
            return 0
        if kind == "LATEST":
            return FIRST_SEQUENCE + (self.clock + 1) * SEQUENCE_STEP
        if kind == "AT_TIMESTAMP":
            if moment is None:
                raise invalid("Must specify a timestamp with AT_TIMESTAMP")
            later = (record.sequence for record in shard.records if record.arrival >= moment * 1000)
            return next(later, FIRST_SEQUENCE + (self.clock + 1) * SEQUENCE_STEP)
        if kind not in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            raise Refused("ValidationException", f"Value '{kind}' at 'shardIteratorType' failed to satisfy constraint")
        if number is None or not number.isdecimal():
            raise invalid(f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.id} is no sequence number")
        number = int(number)
        if number < shard.starting or shard.ending is not None and number > shard.ending:
            raise invalid(f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.id} in stream {self.name}"
                          f" under account {ACCOUNT} is invalid because it did not come from this stream.")
        return number if kind == "AT_SEQUENCE_NUMBER" else number + 1


def pack(token):
    return base64.b64encode(json.dumps(token).encode()).decode()


def unpack(text, what):
    try:
        return json.loads(base64.b64decode(text, validate=True))
    except ValueError:
        raise invalid(f"Invalid {what}") from None
