/// Events on their way: written, not yet arrived.
///
/// Holds the bytes of the events of one disorder window. A buffer goes back to the pool when its last copy has arrived.
struct TrafficDelivery: Sendable {
    private var due = DueQueue<Int32>()
    private var buffers: [[UInt8]] = []
    private var copiesLeft: [UInt8] = []
    private var free: [Int32] = []
    private var spare: [[UInt8]] = []

    /// When the next event arrives.
    var firstArrival: Int64? { due.firstTime }

    /// A line to write an event into.
    mutating func line() -> TrafficLine { TrafficLine(reusing: spare.popLast() ?? []) }

    /// Sends a line off to arrive at one time or, where `repeated` is given, at two.
    mutating func send(_ line: consuming TrafficLine, arriving: Int64, repeated: Int64?) {
        let bytes = line.bytes
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            buffers[Int(slot)] = bytes
        } else {
            slot = Int32(buffers.count)
            buffers.append(bytes)
            copiesLeft.append(0)
        }
        copiesLeft[Int(slot)] = repeated == nil ? 1 : 2
        due.push(slot, at: arriving)
        if let repeated { due.push(slot, at: repeated) }
    }

    /// Appends the next event to arrive to `line` and says when it did.
    mutating func receive(into line: inout [UInt8]) -> Int64? {
        guard let (arrival, slot) = due.pop() else { return nil }
        line.append(contentsOf: buffers[Int(slot)])
        copiesLeft[Int(slot)] -= 1
        if copiesLeft[Int(slot)] == 0 {
            var bytes: [UInt8] = []
            swap(&bytes, &buffers[Int(slot)])
            spare.append(bytes)
            free.append(slot)
        }
        return arrival
    }
}
