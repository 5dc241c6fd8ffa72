import Foundation
import Servers
import Testing

/// A kind of fault between the worker and its services, in the form that the gateway takes (`regions.py`).
private struct KinesisFault {
    let name: String
    let rules: [[String: Any]]

    init(_ name: String, _ rules: [String: Any]...) {
        self.name = name
        self.rules = rules
    }

    static var all: [KinesisFault] {
        [
            KinesisFault(
                "rows throttled", refusal(.writing, "ProvisionedThroughputExceededException", times: 60),
                refusal(.rows, "ThrottlingException", probability: 1, times: 4)),
            KinesisFault("records throttled", refusal(.reading, "ProvisionedThroughputExceededException", times: 12)),
            KinesisFault(
                "leases throttled", refusal(.leases, "ProvisionedThroughputExceededException", times: 15),
                refusal(.scans, "ProvisionedThroughputExceededException", times: 3)),
            KinesisFault(
                "errors of the services", refusal(.writing, "InternalServerError", times: 40),
                refusal(.reading, "InternalFailure", times: 10), refusal(.epochs, "InternalServerError", times: 4)),
            KinesisFault(
                "iterators expired and not given", refusal(.reading, "ExpiredIteratorException", probability: 1, times: 6),
                refusal(.iterators, "ProvisionedThroughputExceededException", probability: 1, times: 2),
                fault("lost", .iterators, probability: 1, times: 2)),
            KinesisFault(
                "latency", fault("delay", .reading, milliseconds: [0, 300], times: 40),
                fault("delay", .writing, milliseconds: [0, 300], times: 100),
                fault("delay", .leases, milliseconds: [0, 300], times: 40)),
            KinesisFault("connections reset before anything", everywhere("reset")),
            KinesisFault("answers lost", everywhere("lost")),
            KinesisFault("answers reset in their middle", everywhere("cut")),
            KinesisFault("answers cut short", everywhere("short")),
            KinesisFault("answers malformed", everywhere("malformed")),
            KinesisFault(
                "requests that hang", fault("hang", .reading, probability: 1, times: 1),
                fault("hang", .writing, probability: 1, times: 1), fault("hang", .leases, probability: 1, times: 1)),
        ]
    }

    private init(_ name: String, _ rules: [[String: Any]]) {
        self.name = name
        self.rules = rules
    }

    private enum Place: CaseIterable {
        case reading, iterators, writing, rows, leases, scans, epochs

        var rule: [String: Any] {
            let (service, operation) =
                switch self {
                case .reading: ("kinesis", "GetRecords")
                case .iterators: ("kinesis", "GetShardIterator")
                case .writing: ("dynamodb", "PutItem")
                case .rows: ("dynamodb", "BatchGetItem")
                case .leases: ("dynamodb", "UpdateItem")
                case .scans: ("dynamodb", "Scan")
                case .epochs: ("dynamodb", "GetItem")
                }
            return ["service": service, "operation": operation]
        }
    }

    private static func fault(
        _ kind: String, _ place: Place, probability: Double = 0.3, milliseconds: [Int]? = nil, times: Int
    ) -> [String: Any] {
        var rule = place.rule
        rule["fault"] = kind
        rule["probability"] = probability
        rule["times"] = times
        rule["milliseconds"] = milliseconds
        return rule
    }

    private static func refusal(_ place: Place, _ code: String, probability: Double = 0.5, times: Int) -> [String: Any] {
        fault("error", place, probability: probability, times: times).merging(["code": code]) { $1 }
    }

    /// Of each operation that goes on all the time.
    private static func everywhere(_ kind: String) -> [[String: Any]] {
        let often: [Place] = [.reading, .writing, .leases, .scans, .epochs]
        return often.map { fault(kind, $0, times: 8) } + [fault(kind, .rows, probability: 1, times: 2)]
    }
}

extension ProgramTests {
    @Suite("the worker on Kinesis with faults of its services")
    struct KinesisFaultTests {
        @Test("under every kind of fault, one after the other, one worker reaches the digest of a replay and ends cleanly")
        func faults() throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base])
            let lines = try Captures.small.get()
            // So little is resident that rows are read again and again.
            let worker = try rig.worker("--heartbeat-write-interval", "0ms", "--cache-bytes", "16m")
            try eventually("it has its shards", of: [worker]) { worker.held == rig.shardCount }
            let kinds = KinesisFault.all
            let share = lines.count / kinds.count
            for (number, fault) in kinds.enumerated() {
                try gateway.set(faults: fault.rules)
                try rig.put(lines.dropFirst(number * share).prefix(share))
                var fired: [Int] = []
                try eventually("\(fault.name): each came up, not \(fired)", of: [worker]) {
                    fired = try gateway.fired()
                    return fired.allSatisfy { $0 > 0 }
                }
                try gateway.set(faults: [])
                let expected = try rig.scratch.digest(ofLines: Array(lines.prefix((number + 1) * share)))
                try eventually("\(fault.name), \(fired): the digest is the replay's", of: [worker]) {
                    try rig.digest == expected
                }
                #expect(worker.program.isRunning, "\(fault.name)")
            }
            try eventually("it is ready", of: [worker]) { worker.isReady }
            try worker.drain()
            try rig.expectNothingNew()
        }

        @Test("faults at the start, after the tables were checked, are waited out")
        func start() throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base])
            let lines = try Array(Captures.small.get().prefix(300))
            try rig.put(lines)
            let operations = ["DescribeStreamSummary", "ListShards", "GetShardIterator"]
            let faults = ["reset", "malformed"].flatMap { kind in
                operations.map { ["service": "kinesis", "operation": $0, "fault": kind, "times": 2] as [String: Any] }
            }
            try gateway.set(faults: faults)
            #expect(try rig.toEnd().recordsInAll == lines.count)
            let fired = try gateway.fired()
            #expect(fired.allSatisfy { $0 > 0 }, "\(fired)")
            try rig.expect(lines)
        }

        @Test(
            "during an outage of the Region for seconds the worker is live but not ready, and then continues",
            arguments: ["reset", "hang"])
        func regionOut(state: String) throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base])
            let lines = try Array(Captures.small.get().prefix(1_000))
            let worker = try rig.worker()
            let feed = try rig.feed(lines, perSecond: 200)
            try eventually("it reads", of: [worker]) { worker.records > 0 }
            try gateway.set("us-east-1", #require(Gateway.State(rawValue: state)))
            try eventually("it is not ready", of: [worker]) { !worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(try feed.wait() == lines.count)
            try gateway.set("us-east-1", .up)
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count && worker.isReady }
            try worker.drain()
            try rig.expect(lines)
        }

        @Test("a worker that ends releases its leases, and logs it, even if the responses to that are lost")
        func releases() throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base])
            // Half of that time is for the leases.
            let worker = try rig.worker("--drain-timeout", "2m")
            try eventually("it has its shards", of: [worker]) { worker.held == rig.shardCount }
            try gateway.set(faults: [["service": "dynamodb", "operation": "UpdateItem", "fault": "lost"]])
            try worker.drain {
                // Each write is sent four times at most: two attempts, and each of them a second time on a new connection.
                let before = try #require(try gateway.fired().first)
                var lost = 0
                try eventually("each lease is given up more than twice, \(lost) answers are lost", of: [worker]) {
                    lost = try #require(try gateway.fired().first) - before
                    return lost > 2 * 4 * rig.shardCount
                }
                try gateway.set(faults: [])
            }
            #expect(worker.entries("kinesis.released").count == rig.shardCount && worker.entries("kinesis.lost").isEmpty)
            // Whoever comes next takes them at once, from nobody.
            let next = try rig.toEnd()
            let before = next.entries("kinesis.assigned").compactMap { ($0["fields"] as? [String: Any])?["before"] as? String }
            #expect(before.count == rig.shardCount && before.allSatisfy { $0 == "nobody" }, "\(before)")
        }

        @Test("faults injected by another program leave the digest of a replay, too")
        func microburst() throws {
            let emulator = try Emulator()
            let burst = try Microburst(emulator.base)
            let root = ["AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"]
            let rig = try KinesisRig(emulator, through: root.merging(["AWS_ENDPOINT_URL": burst.base]) { $1 })
            let lines = try Array(Captures.small.get().prefix(300))
            let worker = try rig.worker("--heartbeat-write-interval", "0ms")
            try eventually("it has its shards", of: [worker]) { worker.held == rig.shardCount }
            let wanted = [
                ("kinesis", "GetRecords", "ProvisionedThroughputExceededException"),
                ("dynamodb", "PutItem", "ThrottlingException"), ("dynamodb", "BatchGetItem", "InternalServerError"),
                ("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException"),
            ]
            try burst.set(rules: wanted.map { ["service": $0.0, "operation": $0.1, "times": 3, "error": ["code": $0.2]] })
            try rig.put(lines)
            try eventually("each came up", of: [worker]) {
                Set(try burst.fired().compactMap { $0["operation"] as? String }) == Set(wanted.map(\.1))
            }
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count }
            try worker.drain()
            try rig.expect(lines)
        }
    }
}
