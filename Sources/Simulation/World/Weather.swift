/// When and where which faults are about. Parts of the world ask it before they misbehave.
///
/// A seed draws its weather whole, whatever faults are switched on, and then leaves out those that are off: switching one
/// off leaves the fronts of the others where they are.
final class Weather {
    /// One fault over one Region, from `start` to before `end`, in milliseconds since 1970.
    struct Front {
        var fault: Fault
        var region: Int
        var start: Int64
        var end: Int64
    }

    private(set) var fronts: [Front] = []
    private let agenda: Agenda
    private var random: SeededRandom
    private var healed = false

    init(agenda: Agenda, random: SeededRandom) {
        self.agenda = agenda
        self.random = random
    }

    func add(_ front: Front) { fronts.append(front) }

    /// From now on nothing goes wrong any more.
    func heal() {
        healed = true
        for index in fronts.indices { fronts[index].end = min(fronts[index].end, agenda.now) }
    }

    /// Whether a fault is about in a Region now.
    func isActive(_ fault: Fault, in region: Int) -> Bool {
        guard !healed else { return false }
        let now = agenda.now
        return fronts.contains { $0.fault == fault && $0.region == region && $0.start <= now && now < $0.end }
    }

    /// Whether a fault that is about for the whole run was drawn for a Region.
    func isDrawn(_ fault: Fault, in region: Int) -> Bool {
        !healed && fronts.contains { $0.fault == fault && $0.region == region }
    }

    /// The faults that were about anywhere between a time and now, as bits in the order of ``Fault/allCases``.
    func abroad(since time: Int64) -> UInt32 {
        let now = agenda.now
        var faults: UInt32 = 0
        for front in fronts where front.start <= now && time < front.end { faults |= 1 << UInt32(front.fault.number) }
        return faults
    }

    /// Whether a fault that is about strikes this time.
    func strikes(_ fault: Fault, in region: Int, _ probability: Double) -> Bool {
        isActive(fault, in: region) && random.chance(probability)
    }
}
