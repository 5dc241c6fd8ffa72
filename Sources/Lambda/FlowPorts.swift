import AWS
import ContactCenter
import EngineCore
import Lattice
import Platform
import Storage
import Writing

/// Where a flow's questions are answered from.
protocol FlowReading: Sendable {
    /// Calls `found` with every row of some entities, in no order, on the caller's thread. Nothing is sent after `deadline`.
    func read(
        _ reads: [ContextRead], until deadline: ContinuousClock.Instant, _ found: (EntityKey, EntityView) -> Void
    ) throws(StoreError)
}

/// Where what a flow tells goes.
protocol FlowWriting: Sendable {
    /// Waits until the stream has the event durably. Nothing is sent after `deadline`.
    func put(_ event: [UInt8], key: String, until deadline: ContinuousClock.Instant) throws(EventSinkError)
}

/// The tables of the function's own Region.
struct FlowTables: FlowReading {
    let reader: DynamoDBReader

    func read(
        _ reads: [ContextRead], until deadline: ContinuousClock.Instant, _ found: (EntityKey, EntityView) -> Void
    ) throws(StoreError) {
        var limits = SendLimits()
        limits.deadline = deadline
        try reader.readRows(of: reads.map { ($0.kind, $0.id) }, limits, found)
    }
}

/// A stream of the function's own Region.
struct FlowStream: FlowWriting {
    let stream: KinesisStream
    let client: ServiceClient

    func put(_ event: [UInt8], key: String, until deadline: ContinuousClock.Instant) throws(EventSinkError) {
        var limits = SendLimits()
        limits.deadline = deadline
        do {
            _ = try event.withUnsafeBytes { event in try client.perform(Kinesis.PutRecord(stream, key: key, event), limits) }
        } catch {
            throw EventSinkError("cannot put an event into the Kinesis stream \(stream.name): \(error)")
        }
    }
}
