/// What a seed means: the shape of the world, its weather, and how each worker is set up. Drawn whole before anything happens.
struct WorldPlan {
    static let regionNames = ["us-east-1", "us-west-2", "eu-central-1"]
    private static let minute: Int64 = 60_000
    /// In how many seeds partitions are shared out by leases.
    private static let leasedShare = 0.4

    let seed: UInt64
    let traffic: TrafficOptions
    let regions: Int
    /// Streams of a Region; by ``StreamKind``, the stream that carries it.
    let streamOfKind: [Int]
    /// By stream: partitions at the start, the same in every Region.
    let partitions: [Int]
    /// By Region.
    let workers: [Int]
    /// Whether workers read the streams of all Regions.
    let readsAll: Bool
    /// Whether partitions are shared out by leases, with a real `LeaseBook` in each worker, or by a modelled consumer group.
    let isLeased: Bool
    /// How many seconds are between two looks at the leases: long seeds have slower workers.
    let leasePace: Int
    let fronts: [Weather.Front]
    /// How long traffic flows, in milliseconds.
    let span: Int64
    /// What random numbers go on from.
    var random: SeededRandom

    /// `isLeased`: nil: as the seed has it.
    init(seed: UInt64, events: Int, faults: Set<Fault>, isLeased: Bool? = nil) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        regions = random.chance(0.7) ? 2 : 3
        let streams = random.between(1, 3)
        streamOfKind = StreamKind.allCases.map { _ in random.below(streams) }
        partitions = (0..<streams).map { _ in random.chance(0.3) ? random.between(4, 8) : random.between(1, 3) }
        workers = (0..<regions).map { _ in random.chance(0.5) ? random.between(1, 2) : random.between(2, 4) }
        readsAll = random.chance(0.3)

        // Hours are rare: a link that is cut and a backup that is old need them, the rest does not.
        let minutes = random.chance(0.7) ? random.between(6, 30) : random.between(90, 240)
        span = Int64(minutes) * Self.minute
        leasePace = minutes > 60 ? 10 : 2
        var leaseRandom = SeededRandom(seed: seed ^ 0x1EA5ED)
        // A few faults that are asked for are about in every seed.
        let isAsked = faults.count <= 3 && faults.contains { $0.needsLeases }
        let isLeased = isLeased ?? (isAsked || leaseRandom.chance(Self.leasedShare))
        self.isLeased = isLeased
        var traffic = TrafficOptions(events: events, seed: random.next())
        traffic.regions = Array(Self.regionNames.prefix(regions))
        traffic.agents = max(regions, min(random.between(5, 40), events / 20))
        traffic.disorderMilliseconds = random.between(0, 30_000)
        traffic.duplicates = random.unit() * 0.1
        traffic.eventsPerSecond = Double(max(events, 1)) / Double(span) * 1000
        self.traffic = traffic
        fronts = Self.fronts(
            of: isLeased ? faults : faults.filter { !$0.needsLeases }, regions: regions, span: span, seed: seed, random: &random
        )
        self.random = random
    }

    /// Every fault is drawn, and those that are off are left out: the others stay as they are. One of a few that were asked for
    /// is there for sure.
    private static func fronts(
        of faults: Set<Fault>, regions: Int, span: Int64, seed: UInt64, random: inout SeededRandom
    ) -> [Weather.Front] {
        var fronts: [Weather.Front] = []
        let isSwarm = faults.count > 3
        // A stream of their own, so that the last faults came without changing what older seeds mean.
        var ownRandom = SeededRandom(seed: seed ^ 0x5A11)
        for fault in Fault.allCases {
            let isLate = fault == .smallItems || fault == .fewUnits || fault == .lostActivation || fault.needsLeases
            if isLate { swap(&random, &ownRandom) }
            defer { if isLate { swap(&random, &ownRandom) } }
            let isPresent = random.chance(fault.share) || !isSwarm
            let count = fault.isOnce ? 1 : random.between(1, 3)
            for _ in 0..<count {
                let region = random.below(regions)
                let start = TrafficOptions.defaultStart + Int64(Double(span) * random.unit() * 0.95)
                let length = Int64(Double(span) * random.unit() * (random.chance(0.2) ? 0.8 : 0.25))
                guard isPresent, faults.contains(fault) else { continue }
                let end = fault == .regionLoss ? Int64.max : start + max(length, 5_000)
                fronts.append(Weather.Front(fault: fault, region: region, start: start, end: end))
            }
        }
        // What is lost for good can neither be made anew from a backup, nor be the last Region.
        if fronts.contains(where: { $0.fault == .regionLoss }) {
            fronts.removeAll { $0.fault == .restore || $0.fault == .regionOutage }
        }
        return fronts
    }
}

extension Fault {
    /// In how many seeds it is about, when many faults are switched on.
    fileprivate var share: Double {
        switch self {
        case .regionLoss: 0.12
        case .restore, .regionOutage, .smallItems, .fewUnits: 0.25
        default: 0.4
        }
    }

    /// At most once a seed.
    fileprivate var isOnce: Bool {
        self == .regionLoss || self == .restore || self == .regionOutage || self == .smallItems
            || self == .newLeaseTable || self == .fewUnits
    }
}
