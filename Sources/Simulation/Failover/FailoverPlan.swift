import FailoverCore

/// What a seed's story of failover means: two Regions, who calls, who decides, and what goes wrong when. Drawn whole before anything happens, from
/// a stream of its own.
struct FailoverPlan {
    static let regionNames = ["us-east-1", "us-west-2"]
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000
    /// What a seed begins with: a Monday, in milliseconds since 1970.
    static let start: Int64 = 1_793_577_600_000

    /// One fault over one Region, in milliseconds from its episode's begin.
    struct Front: Equatable {
        var fault: FailoverFault
        var region: Int
        var start: Int64
        var end: Int64
    }

    /// Some hours that are simulated round by round. Between two of them days pass in which nothing is.
    struct Episode {
        /// What it is about; nil: nothing goes wrong.
        var fault: FailoverFault?
        /// The first front is the class's, the others its company.
        var fronts: [Front]
        /// When it begins.
        var start: Int64
        /// How long faults last.
        var length: Int64
    }

    let seed: UInt64
    /// By Region: controllers, 1 or 2.
    let controllers: [Int]
    let groups: [SimulatedGroups.Group]
    /// Of both Regions in the busiest minute of the week.
    let startsPerMinute: Double
    let mode: FailoverPolicy.Mode
    /// By Region: what wall clocks are off by at the start.
    let clockOffsets: [Int64]
    /// Whether contact events appear in both Regions.
    let hasGlobalRouting: Bool
    /// Whether somebody calls from outside and listens.
    let hasSynthetic: Bool
    let episodes: [Episode]
    /// What random numbers go on from.
    var random: SeededRandom

    init(seed: UInt64, faults: Set<FailoverFault>) {
        self.seed = seed
        var random = SeededRandom(seed: seed ^ 0xFA11_0BE5)
        controllers = (0..<2).map { _ in random.chance(0.35) ? 2 : 1 }
        groups = Self.groups(&random)
        startsPerMinute = random.chance(0.2) ? 4 + random.unit() * 8 : 12 + random.unit() * 60
        mode = random.chance(0.75) ? .automatic : FailoverPolicy.Mode.allCases[random.below(3)]
        clockOffsets = (0..<2).map { _ in random.chance(0.2) ? Int64(random.between(-240_000, 240_000)) : 0 }
        hasGlobalRouting = random.chance(0.6)
        hasSynthetic = random.chance(0.75)
        episodes = Self.episodes(of: faults, &random)
        self.random = random
    }

    private static func groups(_ random: inout SeededRandom) -> [SimulatedGroups.Group] {
        let count = random.chance(0.5) ? 1 : random.between(2, 3)
        // Both Regions at work, or one in reserve.
        let share = random.chance(0.6) ? 50 : 100
        return (0..<count).map { number in
            let shares = Shares(
                regionNames[0], share: share, other: regionNames[1], hasSignIn: number == 0)
            return SimulatedGroups.Group(
                name: "group-\(number)", shares: shares, inForce: shares, changedAt: nil, updatingUntil: 0,
                portion: count == 1 ? 100 : number == 0 ? 70 : 30 / (count - 1))
        }
    }

    private static func episodes(of faults: Set<FailoverFault>, _ random: inout SeededRandom) -> [Episode] {
        let chosen = FailoverFault.allCases.filter(faults.contains)
        let isBadDay = random.chance(0.1)
        let count = isBadDay ? 4 : random.chance(0.3) ? 2 : 1
        var time = start
        return (0..<count).map { number in
            let fault = draw(chosen, &random)
            // By day, in the middle of the week: what a fault costs depends on who calls.
            let isNight = fault == .quietNight || random.chance(0.12)
            if isBadDay {
                time += number == 0 ? 8 * hour : Int64(random.between(200, 330)) * minute
            } else {
                let day = Int64(random.between(1, 9)) * 24 * hour
                time += day - (time - start) % (24 * hour)
                time += isNight ? Int64(random.between(60, 240)) * minute : Int64(random.between(9 * 60, 17 * 60)) * minute
            }
            return episode(fault, of: chosen, at: time, &random)
        }
    }

    private static func draw(_ faults: [FailoverFault], _ random: inout SeededRandom) -> FailoverFault? {
        var place = random.below(faults.reduce(0) { $0 + $1.share.weight } + (faults.count > 3 ? 4 : 0))
        for fault in faults {
            place -= fault.share.weight
            if place < 0 { return fault }
        }
        return nil
    }

    private static func episode(
        _ fault: FailoverFault?, of faults: [FailoverFault], at start: Int64, _ random: inout SeededRandom
    ) -> Episode {
        let length = Int64(random.between(8, 20)) * minute
        let region = random.below(2)
        var fronts: [Front] = []
        // One in five is over before anybody can do anything about it.
        let isBrief = random.chance(0.2)
        let brief = 2 * minute + Int64(random.between(15, 90)) * 1_000
        if let fault {
            fronts.append(Front(fault: fault, region: region, start: 2 * minute, end: isBrief ? brief : length))
            if fault == .wanderingFault {
                let half = 2 * minute + (length - 2 * minute) / 2
                fronts[0].end = half
                fronts.append(Front(fault: fault, region: 1 - region, start: half + 30_000, end: length))
            }
            if fault == .targetIll {
                let late = 2 * minute + Int64(random.between(0, 240)) * 1_000
                fronts.append(Front(fault: fault, region: 1 - region, start: late, end: length))
            }
        }
        // Every one is drawn, and those that are off are left out. Of a few that were asked for each other one joins in.
        for other in FailoverFault.allCases {
            let joins = random.chance(faults.count > 3 ? other.share.joins : 0.5)
            let isHere = random.chance(0.5)
            let begins = Int64(random.between(0, Int(length / 2)))
            let lasts = Int64(random.between(20, 600)) * 1_000
            guard joins, other != fault, other.share.joins > 0, faults.contains(other) else { continue }
            fronts.append(
                Front(
                    fault: other, region: isHere ? region : 1 - region, start: begins, end: min(begins + lasts, length)))
        }
        return Episode(fault: fault, fronts: fronts, start: start, length: length)
    }
}
