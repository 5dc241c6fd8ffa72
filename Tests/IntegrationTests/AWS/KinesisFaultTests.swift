import Foundation
import Servers
import Testing

/// One emulator, and the way to it on which things go wrong, for all kinds of faults: each has a stream and tables of its own.
private enum FaultyWay {
    static let shared = Result { () throws -> (Emulator, Gateway) in
        let emulator = try Emulator()
        return (emulator, try Gateway(emulator))
    }
}

/// A kind of fault, and how it is asked for.
struct KinesisFault: Sendable, CustomTestStringConvertible {
    let name: String
    /// Service, operation, fault, and what else it takes.
    let faults: [(service: String, operation: String, fault: String, more: [String: any Sendable])]

    init(_ name: String, _ faults: (String, String, String, [String: any Sendable])...) {
        self.name = name
        self.faults = faults.map { ($0.0, $0.1, $0.2, $0.3) }
    }

    var testDescription: String { name }

    var rules: [[String: Any]] {
        faults.map { fault in
            let place: [String: Any] = ["service": fault.service, "operation": fault.operation, "fault": fault.fault]
            return place.merging(fault.more) { $1 }
        }
    }

    private static func throttle(
        _ service: String, _ operation: String, _ code: String = "ProvisionedThroughputExceededException", times: Int
    ) -> (String, String, String, [String: any Sendable]) {
        (service, operation, "error", ["code": code, "probability": 0.5, "times": times])
    }

    private static func often(
        _ fault: String, _ places: (String, String)..., more: [String: any Sendable] = ["probability": 0.3, "times": 15]
    ) -> [(String, String, String, [String: any Sendable])] {
        places.map { ($0.0, $0.1, fault, more) }
    }

    private init(_ name: String, _ faults: [(String, String, String, [String: any Sendable])]) {
        self.name = name
        self.faults = faults.map { ($0.0, $0.1, $0.2, $0.3) }
    }

    private static let reading = ("kinesis", "GetRecords")
    private static let iterators = ("kinesis", "GetShardIterator")
    private static let writing = ("dynamodb", "PutItem")
    private static let rows = ("dynamodb", "BatchGetItem")
    private static let leases = ("dynamodb", "UpdateItem")
    private static let scans = ("dynamodb", "Scan")
    private static let epochs = ("dynamodb", "GetItem")

    static let all = [
        KinesisFault(
            "rows throttled", throttle("dynamodb", "PutItem", times: 200), throttle("dynamodb", "BatchGetItem", times: 10)),
        KinesisFault(
            "records throttled", throttle("kinesis", "GetRecords", times: 12), throttle("kinesis", "GetShardIterator", times: 4)
        ),
        KinesisFault("leases throttled", throttle("dynamodb", "UpdateItem", times: 20), throttle("dynamodb", "Scan", times: 5)),
        KinesisFault(
            "errors of the services",
            ("dynamodb", "PutItem", "error", ["code": "InternalServerError", "probability": 0.3, "times": 100]),
            ("kinesis", "GetRecords", "error", ["code": "InternalFailure", "probability": 0.5, "times": 10]),
            ("kinesis", "ListShards", "error", ["code": "LimitExceededException", "times": 2])),
        KinesisFault(
            "iterators expired", ("kinesis", "GetRecords", "error", ["code": "ExpiredIteratorException", "times": 12])),
        KinesisFault(
            "latency", often("delay", reading, writing, leases, rows, more: ["milliseconds": [0, 300], "times": 60])),
        KinesisFault("connections reset before anything", often("reset", reading, writing, leases, rows, scans, epochs)),
        KinesisFault("answers lost", often("lost", reading, writing, leases, rows, iterators)),
        KinesisFault("answers reset in their middle", often("cut", reading, writing, leases, rows, scans)),
        KinesisFault("answers cut short", often("short", reading, writing, leases, rows, scans, epochs)),
        KinesisFault("answers malformed", often("malformed", reading, writing, leases, rows, scans, epochs)),
        KinesisFault("rows read in part", often("partial", rows)),
        KinesisFault("requests that hang", often("hang", reading, writing, leases, more: ["probability": 0.2, "times": 1])),
    ]
}

extension ProgramTests {
    @Suite("faults between the worker and its services", .timeLimit(.minutes(4)))
    struct KinesisFaultTests {
        private func lines() throws -> [String] { try Array(Captures.small.get().prefix(800)) }

        private func rig(_ name: String) throws -> (KinesisRig, Gateway) {
            let (emulator, gateway) = try FaultyWay.shared.get()
            try gateway.set(faults: [])
            let prefix = name.replacingOccurrences(of: " ", with: "-")
            let rig = try KinesisRig(emulator, through: ["AWS_ENDPOINT_URL": gateway.base], prefix: prefix)
            return (rig, gateway)
        }

        @Test("leave the digest of a replay", arguments: KinesisFault.all)
        func faults(_ fault: KinesisFault) throws {
            let (rig, gateway) = try rig(fault.name)
            let lines = try lines()
            try rig.put(lines)
            try gateway.set(faults: fault.rules)
            let worker = try rig.toEnd()
            let fired = try gateway.fired()
            #expect(fired.allSatisfy { $0 > 0 }, "\(fired)")
            #expect((worker.recordsInAll ?? 0) >= lines.count)
            try rig.expect(lines)
        }

        @Test("a Region that is out for seconds: the worker is alive, not ready, and goes on", arguments: ["reset", "hang"])
        func regionOut(state: String) throws {
            let (rig, gateway) = try rig("out-\(state)")
            let lines = try lines()
            let worker = try rig.worker()
            let feed = try rig.feed(lines, perSecond: 200)
            try eventually("it reads") { worker.records > 0 }
            try gateway.set("us-east-1", #require(Gateway.State(rawValue: state)))
            try eventually("it is not ready") { !worker.isReady }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(try feed.wait() == lines.count)
            try gateway.set("us-east-1", .up)
            try eventually("it has read everything") { worker.records >= lines.count && worker.isReady }
            try worker.drain()
            try rig.expect(lines)
        }

        @Test("made by another program leave it, too")
        func microburst() throws {
            let (emulator, _) = try FaultyWay.shared.get()
            let burst = try Microburst(emulator.base)
            let root = ["AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"]
            let rig = try KinesisRig(
                emulator, through: root.merging(["AWS_ENDPOINT_URL": burst.base]) { $1 }, prefix: "microburst")
            let lines = try Array(lines().prefix(300))
            try rig.put(lines)
            let wanted = [
                ("kinesis", "GetRecords", "ProvisionedThroughputExceededException"),
                ("kinesis", "GetShardIterator", "ProvisionedThroughputExceededException"),
                ("dynamodb", "PutItem", "ThrottlingException"),
                ("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException"),
                ("dynamodb", "BatchGetItem", "InternalServerError"),
            ]
            try burst.set(
                rules: wanted.map { ["service": $0.0, "operation": $0.1, "times": 3, "error": ["code": $0.2]] })
            try rig.toEnd()
            let fired = Set(try burst.fired().compactMap { $0["operation"] as? String })
            #expect(fired == Set(wanted.map(\.1)))
            try rig.expect(lines)
        }
    }
}
