import Glibc
import Ingest
import Observability

/// The worker's log, as it is configured.
package final class WorkerLog: Sendable {
    package let log: Log
    private let file: LogFile

    package init(_ settings: LogSettings) throws {
        let standard = settings.path == nil && isatty(STDERR_FILENO) == 1 ? LogFormat.text : .json
        let format = settings.format ?? standard
        file = try LogFile(path: settings.path, format: format)
        log = Log(level: settings.level, format: format, sink: file)
    }

    func reopen() { file.reopen() }

    /// Writes what waits; again does nothing.
    package func end() {
        log.drain()
        file.end(withinMilliseconds: 2_000)
    }
}

extension Log {
    /// What happens between the worker and its brokers.
    func tell(_ event: KafkaEvent) {
        switch event {
        case .trouble(let code, let reason):
            warning("kafka.trouble", reason, key: code, ["code": .text(code)])
        case .log(let level, let text):
            switch level {
            case ...3: error("kafka.client", text, key: text)
            // Much of what librdkafka warns of comes again as an event.
            case 4: warning("kafka.client", text, key: text)
            default: debug("kafka.client", text)
            }
        case .assigned(let partition, let start):
            info(
                "kafka.assigned", "started reading a partition",
                ["topic": .text(partition.stream), "partition": .text(partition.name), "from": .text(start)])
        case .wentBack(let partition, let from, let to):
            warning(
                "kafka.went-back", "the broker lost records that were already read; reading the records that replaced them",
                key: partition.key,
                [
                    "topic": .text(partition.stream), "partition": .text(partition.name), "from": .integer(Int(from)),
                    "to": .integer(Int(to)),
                ])
        case .revoked(let partition, let isSettled):
            info(
                "kafka.revoked", "released a partition",
                [
                    "topic": .text(partition.stream), "partition": .text(partition.name),
                    "settled": .boolean(isSettled),
                ])
        case .lost(let partition):
            warning(
                "kafka.lost", "the group took a partition away; uncommitted records will be read again", key: partition.key,
                ["topic": .text(partition.stream), "partition": .text(partition.name)])
        case .otherTable(let partition, _):
            warning(
                "kafka.commit.void", "the group's commit belongs to another table: reading the partition from the beginning",
                key: partition.key,
                ["topic": .text(partition.stream), "partition": .text(partition.name)])
        case .commitFailed(let reason): warning("kafka.commit.failed", reason, key: reason)
        case .tokenFailed(let reason): error("kafka.token.failed", reason, key: reason)
        }
    }
}

extension Log {
    /// What happens between the worker and its streams.
    func tell(_ event: KinesisEvent) {
        switch event {
        case .trouble(let code, let reason): warning("kinesis.trouble", reason, key: code, ["code": .text(code)])
        case .assigned(let partition, let start, let from):
            info(
                "kinesis.assigned", "started reading a shard",
                [
                    "stream": .text(partition.stream), "shard": .text(partition.name), "from": .text(start),
                    "before": .text(from ?? "nobody"),
                ])
        case .lost(let partition, let to?, _):
            info(
                "kinesis.lost", "another worker took the shard; it will read uncommitted records again",
                ["stream": .text(partition.stream), "shard": .text(partition.name), "to": .text(to)])
        case .lost(let partition, nil, let isDeleted):
            warning(
                "kinesis.lost",
                (isDeleted
                    ? "the shard's row was deleted from the lease table"
                    : "the shard's lease was taken away and has no owner")
                    + "; its next owner will read uncommitted records again", key: partition.key,
                ["stream": .text(partition.stream), "shard": .text(partition.name), "to": .text("nobody")])
        case .ended(let partition, let children):
            info(
                "kinesis.ended", "the shard was read to its end",
                [
                    "stream": .text(partition.stream), "shard": .text(partition.name),
                    "children": .text(children.joined(separator: ",")),
                ])
        case .released(let partition, let isSettled):
            info(
                "kinesis.released", "released a shard",
                ["stream": .text(partition.stream), "shard": .text(partition.name), "settled": .boolean(isSettled)])
        case .gone(let partition):
            warning(
                "kinesis.gone", "the shard no longer exists: its remaining records have expired", key: partition.key,
                ["stream": .text(partition.stream), "shard": .text(partition.name)])
        case .otherTable(let partition, let found):
            warning(
                "kinesis.checkpoint.void",
                "the checkpoint belongs to another table or stream: reading the shard from the beginning",
                key: partition.key, ["stream": .text(partition.stream), "shard": .text(partition.name), "found": .text(found)])
        case .synced(let stream, let shards, let leasesMade):
            debug("kinesis.synced", "\(stream) has \(shards) shards; \(leasesMade) leases were created")
        }
    }

    /// What happens to the capture.
    func tell(_ event: CaptureEvent) {
        switch event {
        case .failed(let reason):
            error(
                "capture.failed",
                "\(reason). The capture stopped; the worker continues. Remove the cause and restart the worker to capture again",
                ["path": .text(reason.path)])
        case .removed(let file, let bytes):
            warning(
                "capture.removed",
                "deleted the oldest capture file because of capture.bytes; the capture no longer contains the whole run",
                key: "capture",
                ["file": .text(file), "bytes": .integer(bytes)])
        }
    }
}
