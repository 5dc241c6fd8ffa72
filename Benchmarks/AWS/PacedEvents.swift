import JSON
import Measuring
import Platform
import Simulation

/// The events of a paced worker as they arrive, for peers that read them.
enum PacedEvents {
    /// A line each: when it arrives, milliseconds since 1970, a tab, the event.
    static func write(_ worker: PacedWorker, to path: String) throws {
        let output = try OutputLines(path)
        var traffic = TrafficModel(worker.trafficOptions)
        var line: [UInt8] = []
        var text = ByteBuffer(capacity: 64 << 10)
        while let arrival = traffic.next(into: &line) {
            text.removeAll()
            text.appendDecimal(arrival)
            text.append("\t")
            line.withUnsafeBytes { text.append($0) }
            try output.write(text.bytes)
            line.removeAll(keepingCapacity: true)
        }
    }
}
