/// What archived events tell of a pair of Regions, in any order and any number of times: contacts that customers started, agents who were seen, and how many events there were.
///
///     var facts = BacktestFacts(regions: ["us-east-1", "us-west-2"])
///     try facts.takeStart(region: 0, minute: 29_541_002, bucket: 17, value: 3, heard: 1_772_460_120_000)
///     facts.seal()
///
/// A fact is heard at the time of the event that tells it, to the second: how late a stream delivered it is not in an archive.
///
/// Bounds: ``startsMax`` and ``sightsMax`` facts, 12 and 8 bytes each; ``agentsMax`` agents. What is told again takes no room for long. Cost: a sort each time that the facts have doubled.
package struct BacktestFacts: Sendable {
    /// A contact start as the sketch of its minute has it: a bucket and its value (`Lattice.SketchView`).
    struct Start: Hashable, Comparable, Sendable {
        /// Seconds since 1970.
        var heard: UInt32
        /// Minutes since 1970.
        var minute: UInt32
        /// The Region's number, the bucket, its value.
        var place: UInt32

        init(region: Int, minute: UInt32, bucket: Int, value: UInt8, heard: UInt32) {
            self.heard = heard
            self.minute = minute
            place = UInt32(region) << 16 | UInt32(bucket & 63) << 8 | UInt32(value)
        }

        var region: Int { Int(place >> 16) }
        var bucket: Int { Int(place >> 8 & 0xFF) }
        var value: UInt8 { UInt8(place & 0xFF) }

        static func < (a: Start, b: Start) -> Bool { (a.heard, a.minute, a.place) < (b.heard, b.minute, b.place) }
    }

    /// That an agent was seen: seconds since 1970, the Region's number, whether online, the agent's number.
    struct Sight: Hashable, Comparable, Sendable {
        private var bits: UInt64

        init(seconds: UInt32, region: Int, isOnline: Bool, agent: UInt32) {
            bits = UInt64(seconds) << 32 | UInt64(region) << 31 | (isOnline ? 1 << 30 : 0) | UInt64(agent)
        }

        var seconds: UInt32 { UInt32(bits >> 32) }
        var region: Int { Int(bits >> 31 & 1) }
        var isOnline: Bool { bits >> 30 & 1 == 1 }
        var agent: UInt64 { bits & (1 << 30 - 1) }

        static func < (a: Sight, b: Sight) -> Bool { a.bits < b.bits }
    }

    /// There is no room for more of them.
    package enum Full: Error, Equatable, CustomStringConvertible {
        case starts, sights, agents, minutes

        package var description: String {
            let what =
                switch self {
                case .starts: "more than \(startsMax) contact starts"
                case .sights: "more than \(sightsMax) sights of agents"
                case .agents: "more than \(agentsMax) agents"
                case .minutes: "events of more than \(minutesMax) different minutes"
                }
            return
                "the archive has \(what), which is more than one backtest holds; give fewer weeks (five before --from are looked at)"
        }
    }

    package static let startsMax = 48_000_000
    package static let sightsMax = 64_000_000
    package static let agentsMax = 1_000_000
    /// Of which events are counted, in each stream.
    package static let minutesMax = 1_000_000
    private static let compactedMin = 1 << 20

    /// Both of the pair; facts name them by their number.
    package let regions: [String]
    /// In order, each once, once sealed.
    private(set) var starts: [Start] = []
    private(set) var sights: [Sight] = []
    /// By the stream's Region: minutes since 1970, ascending once sealed.
    private(set) var events: [[(minute: Int64, count: SeenEvents.Minute)]] = [[], []]
    /// Facts of a time that no archive is of, before 2000 or after 2099: passed over.
    package private(set) var outside = 0

    private var counted: [[Int64: SeenEvents.Minute]] = [[:], [:]]
    private var agents: [UInt64: UInt32] = [:]
    private var startsCompactAt = compactedMin
    private var sightsCompactAt = compactedMin

    package init(regions: [String]) { self.regions = regions }

    /// The number of a Region of the pair.
    package func region(_ name: String) -> Int? { regions.firstIndex(of: name) }

    /// `minute`: since 1970, in which the contact started; `heard`: milliseconds since 1970.
    package mutating func takeStart(region: Int, minute: Int64, bucket: Int, value: UInt8, heard: Int64) throws(Full) {
        guard let seconds = toSeconds(heard), minute >= 0, minute < Int64(UInt32.max) else { return outside += 1 }
        starts.append(Start(region: region, minute: UInt32(minute), bucket: bucket, value: value, heard: seconds))
        guard starts.count >= startsCompactAt else { return }
        compactStarts()
        guard starts.count <= BacktestFacts.startsMax else { throw .starts }
        startsCompactAt = min(max(BacktestFacts.compactedMin, 2 * starts.count), BacktestFacts.startsMax + starts.count / 8 + 1)
    }

    /// `agent`: a hash of the id; `seen`: milliseconds since 1970, of the event.
    package mutating func takeAgent(_ agent: UInt64, region: Int, isOnline: Bool, seen: Int64) throws(Full) {
        guard let seconds = toSeconds(seen) else { return outside += 1 }
        let number: UInt32
        if let known = agents[agent] {
            number = known
        } else {
            guard agents.count < BacktestFacts.agentsMax else { throw .agents }
            number = UInt32(agents.count)
            agents[agent] = number
        }
        sights.append(Sight(seconds: seconds, region: region, isOnline: isOnline, agent: number))
        guard sights.count >= sightsCompactAt else { return }
        compactSights()
        guard sights.count <= BacktestFacts.sightsMax else { throw .sights }
        sightsCompactAt = min(max(BacktestFacts.compactedMin, 2 * sights.count), BacktestFacts.sightsMax + sights.count / 8 + 1)
    }

    /// An event of a contact in the stream of a Region. `isOther`: the contact began in the other one.
    package mutating func takeEvent(stream: Int, isOther: Bool, at time: Int64) throws(Full) {
        guard toSeconds(time) != nil else { return outside += 1 }
        let minute = time / 60_000
        if counted[stream][minute] == nil, counted[stream].count >= BacktestFacts.minutesMax { throw .minutes }
        var count = counted[stream][minute] ?? SeenEvents.Minute(own: 0, other: 0)
        if isOther { count.other += 1 } else { count.own += 1 }
        counted[stream][minute] = count
    }

    /// Puts everything into order; afterwards nothing is taken in any more.
    package mutating func seal() {
        compactStarts()
        starts.sort()
        compactSights()
        events = counted.map { minutes in minutes.sorted { $0.key < $1.key }.map { (minute: $0.key, count: $0.value) } }
        counted = [[:], [:]]
    }

    /// Each start of a minute once, as it was first heard.
    private mutating func compactStarts() {
        starts.sort { ($0.minute, $0.place, $0.heard) < ($1.minute, $1.place, $1.heard) }
        var kept = 0
        for start in starts {
            if kept > 0, starts[kept - 1].minute == start.minute, starts[kept - 1].place == start.place { continue }
            starts[kept] = start
            kept += 1
        }
        starts.removeLast(starts.count - kept)
    }

    private mutating func compactSights() {
        sights.sort()
        var kept = 0
        for sight in sights where kept == 0 || sights[kept - 1] != sight {
            sights[kept] = sight
            kept += 1
        }
        sights.removeLast(sights.count - kept)
    }

    private func toSeconds(_ milliseconds: Int64) -> UInt32? {
        // 2000-01-01 to 2099-12-31.
        guard milliseconds >= 946_684_800_000, milliseconds < 4_102_444_800_000 else { return nil }
        return UInt32(milliseconds / 1000)
    }

    // MARK: - Once sealed

    package var agentCount: Int { agents.count }
    var hasSights: [Bool] { [0, 1].map { region in sights.contains { $0.region == region } } }

    /// When the first and the last fact was heard, in milliseconds since 1970; nil where there is none.
    package var span: ClosedRange<Int64>? {
        var times: [Int64] = []
        for start in [starts.first, starts.last].compactMap({ $0 }) { times.append(Int64(start.heard) * 1000) }
        for sight in [sights.first, sights.last].compactMap({ $0 }) { times.append(Int64(sight.seconds) * 1000) }
        guard let first = times.min(), let last = times.max() else { return nil }
        return first...last
    }
}
