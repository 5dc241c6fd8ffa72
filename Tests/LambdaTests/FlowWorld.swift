import AWS
import ContactCenter
import EngineCore
import Foundation
import Lattice
import Storage
import Synchronization
import Writing

@testable import Lambda
@testable import Observability
@testable import Platform

/// What the fixture `aliases` came to, with the flows of two of its contacts; and how a table or a stream misbehaves.
final class FlowWorld: FlowReading, FlowWriting {
    /// A while after the last event of the fixture.
    static let now = Timestamp("2026-03-06T13:00:00.000Z") ?? .latest
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures/aliases")
        .standardized.path
    static let secret = "0123456789abcdef0123456789abcdef"

    /// A contact without a customer, which broke off where the flow itself said; and one that a flow's log has.
    static let brokenOff = "c5000006-0000-4000-8000-000000000006"
    private static let lines = [
        #"{"id":"c5000006-0000-4000-8000-000000000006","kind":"flow","registers":{"field/cart":{"event":"a","rank":0,"region":"us-east-1","time":"2026-03-06T11:31:00.000Z","value":"two \"red\"\nshoes"},"field/flow":{"event":"a","rank":0,"region":"us-east-1","time":"2026-03-06T11:31:00.000Z","value":"Orders"},"field/language":{"event":"a","rank":0,"region":"us-east-1","time":"2026-03-06T11:31:00.000Z","value":"de-DE"},"field/position":{"event":"a","rank":0,"region":"us-east-1","time":"2026-03-06T11:31:00.000Z","value":"ask-date"}}}"#,
        #"{"id":"cust-9","kind":"customer","registers":{"authentication/channel":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:55:00.000Z","value":"VOICE"},"authentication/level":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:55:00.000Z","value":2},"authentication/result":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:55:00.000Z","value":"verified"},"contacts":{"capacity":64,"members":[{"event":"","rank":0,"region":"","time":"2026-03-06T12:50:00.000Z","value":"call-9"},{"event":"","rank":0,"region":"","time":"2026-03-06T12:40:00.000Z","value":"callback-9"}],"rule":"union"}}}"#,
        #"{"id":"call-9","kind":"contact","registers":{"connected/111122223333%2F7c1d52e0%2Fann":{"event":"","measure":1772801460000,"rank":0,"region":"","rule":"max","time":"2026-03-06T12:51:00.000Z","value":null},"event/channel":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:50:00.000Z","value":"VOICE"},"milestone/INITIATED":{"event":"","measure":1772801400000,"rank":0,"region":"","rule":"max","time":"2026-03-06T12:50:00.000Z","value":null}}}"#,
        #"{"id":"callback-9","kind":"contact","registers":{"event/initiationMethod":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:40:00.000Z","value":"CALLBACK"},"milestone/INITIATED":{"event":"","measure":1772800800000,"rank":0,"region":"","rule":"max","time":"2026-03-06T12:40:00.000Z","value":null},"seen/INITIATED":{"event":"","measure":1772800800000,"rank":0,"region":"","rule":"max","time":"2026-03-06T12:40:00.000Z","value":null}}}"#,
        #"{"id":"111122223333/7c1d52e0/ann","kind":"agent","registers":{"presence/us-east-1":{"event":"x","rank":0,"region":"us-east-1","time":"2026-03-06T12:52:00.000Z","value":"LOGIN"},"seen/us-east-1":{"event":"","measure":1772801880000,"rank":0,"region":"us-east-1","rule":"max","time":"2026-03-06T12:58:00.000Z","value":null}}}"#,
    ]

    enum Mood { case well, dead, hanging }

    private let store = MemoryStore()
    private let state = Mutex((mood: Mood.well, put: [String](), reads: [[String]]()))
    private let freed = Awaited<Bool>()

    init() throws { try store.write(Flush(rows: [try FlowWorld.rows()], checkpoints: [])) }

    static func rows() throws -> RowBatch {
        let text = try String(contentsOfFile: folder + "/expected.state", encoding: .utf8) + lines.joined(separator: "\n")
        let rows = RowBatch()
        let reader = StateLineReader()
        for line in text.split(separator: "\n") {
            try Array(line.utf8).withUnsafeBytes { line in
                try reader.read(line) { key, entity in rows.append(key: key, entity: entity.bytes) }
            }
        }
        return rows
    }

    var mood: Mood {
        get { state.withLock { $0.mood } }
        set { state.withLock { $0.mood = newValue } }
    }
    /// Events that the stream has, and what was read in which rounds.
    var put: [String] { state.withLock { $0.put } }
    var reads: [[String]] { state.withLock { $0.reads } }

    /// Ends what hangs.
    func free() { freed.bring(true) }

    func read(
        _ reads: [ContextRead], until deadline: ContinuousClock.Instant, _ found: (EntityKey, EntityView) -> Void
    ) throws(StoreError) {
        state.withLock { $0.reads.append(reads.map { "\($0.kind.name)#\($0.id)" }) }
        switch mood {
        case .well: break
        case .dead: throw StoreError(.unavailable, "the table is away")
        case .hanging: _ = freed.wait()
        }
        for read in reads { try store.read(read.kind, read.id, found) }
    }

    func put(_ event: [UInt8], key: String, until deadline: ContinuousClock.Instant) throws(EventSinkError) {
        switch mood {
        case .well: break
        case .dead: throw EventSinkError("the stream is away")
        case .hanging: _ = freed.wait()
        }
        state.withLock { $0.put.append(String(decoding: event, as: UTF8.self)) }
    }

    // MARK: The function

    static func settings(_ more: [String: String] = [:]) throws -> LambdaSettings {
        let table = [
            "AWS_REGION": "us-east-1", "CONVERGE_ALIAS_KEY_FILE": folder + "/alias.key", "CONVERGE_ALIAS_COUNTRY": "44",
            "CONVERGE_WRITING_STREAM": "events", "CONVERGE_WRITING_KEYS": secret,
            "CONVERGE_LAMBDA_VARIABLES": "cart,size", "CONVERGE_LAMBDA_DEADLINE": "7s",
        ].merging(more) { $1 }
        return try LambdaSettings(Environment(table), names: Array(table.keys))
    }

    func function(
        _ more: [String: String] = [:], log: Log = Log(format: .lambda, sink: Lines()), now: Timestamp = FlowWorld.now
    ) throws -> FlowFunction {
        FlowFunction(try FlowWorld.settings(more), reading: self, writing: self, log) { now }
    }

    /// An invocation as a contact flow makes it, with these parameters, from this number.
    static func event(
        _ parameters: [String: String] = [:], contact: String = "new-1", phone: String? = nil, channel: String = "VOICE"
    ) throws -> [UInt8] {
        let endpoint: Any = phone.map { ["Address": $0, "Type": "TELEPHONE_NUMBER"] } ?? NSNull()
        return Array(
            try JSONSerialization.data(withJSONObject: [
                "Name": "ContactFlowEvent",
                "Details": [
                    "ContactData": [
                        "Attributes": [:] as [String: String], "Channel": channel, "ContactId": contact,
                        "CustomerEndpoint": endpoint, "InitialContactId": contact, "InitiationMethod": "INBOUND",
                        "InstanceARN": "arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0", "PreviousContactId": contact,
                        "Queue": NSNull(), "SystemEndpoint": ["Address": "+15550100100", "Type": "TELEPHONE_NUMBER"],
                    ] as [String: Any],
                    "Parameters": parameters,
                ] as [String: Any],
            ]))
    }
}

/// Lines of a log.
final class Lines: LogSink {
    private let lines = Mutex([String]())
    var droppedLines: Int { 0 }
    var all: [String] { lines.withLock { $0 } }
    func put(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}

extension FlowFunction {
    func ask(_ event: [UInt8], limit: Int64 = 7_000) -> Outcome {
        event.withUnsafeBytes { answer($0, limitMilliseconds: limit) }
    }
}
