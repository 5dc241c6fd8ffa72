/// Traffic of a contact center in two Regions, event by event in the order of arrival.
///
/// A discrete simulation: agents sign in, change status, ring, talk, hold and wrap up; contacts run through flows, wait,
/// are handled, transferred, abandoned and recorded. Half way through, the first Region fails: its agents sign in to the
/// second (not every LOGOUT is seen), new contacts and browser sessions go there, and after three quarters some come back.
/// At the end a few records are redelivered days later.
///
///     var traffic = TrafficModel(TrafficOptions(events: 1_000_000))
///     var line: [UInt8] = []
///     while let arrival = traffic.next(into: &line) {
///         consume(line, arrivedAt: arrival)
///         line.removeAll(keepingCapacity: true)
///     }
///
/// Memory is that of the agents, the contacts at hand and the events of one disorder window; it does not grow with the
/// number of events. Copying a model copies the run: both copies go on alike.
public struct TrafficModel: Sendable {
    private var world: TrafficWorld
    private var remaining: Int
    private var lastArrival: Int64

    public init(_ options: TrafficOptions) {
        let bounded = options.bounded
        world = TrafficWorld(bounded)
        remaining = bounded.events
        lastArrival = bounded.start
    }

    /// Appends the JSON of one event, without a newline, and returns when it arrives (milliseconds since 1970).
    ///
    /// Arrival times never decrease. Returns nil, and appends nothing, once all events of the options have been made.
    public mutating func next(into line: inout [UInt8]) -> Int64? {
        guard remaining > 0 else { return nil }
        while true {
            if let arrival = world.delivery.firstArrival, world.isDone || arrival <= world.clock {
                guard let arrival = world.delivery.receive(into: &line) else { return nil }
                remaining -= 1
                lastArrival = arrival
                return arrival
            }
            if world.isDone {
                world.redeliverLate(after: lastArrival)
            } else {
                world.step()
            }
        }
    }
}
