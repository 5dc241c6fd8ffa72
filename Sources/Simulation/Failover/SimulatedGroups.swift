import FailoverCore

/// Connect's traffic distribution groups, as AWS documents them and others have measured them: an update has no condition, the last caller wins; while
/// one runs another is refused; it takes effect later than it is answered; 2 requests a second and Region, 5 at once; a signature counts for five minutes
/// of AWS's clock either way; an endpoint a Region.
final class SimulatedGroups {
    /// After how many milliseconds a caller gives up.
    static let timeout: Int64 = 5_000
    /// How far a signature's time may be from the service's.
    static let signatureMax: Int64 = 300_000

    struct Group {
        var name: String
        /// What the last update said.
        var shares: Shares
        /// What callers meet.
        var inForce: Shares
        var changedAt: Int64?
        /// Until when an update runs.
        var updatingUntil: Int64 = 0
        /// Of the contacts, how many of a hundred come over it.
        var portion: Int
    }

    /// An update as it comes in.
    struct Update {
        var shares: GroupShares
        /// By the signer's wall clock.
        var signedAt: Int64
        var region: Int
        /// Of the intent; nil of a foreign hand.
        var term: Int64?
    }

    private let agenda: Agenda
    private var random: SeededRandom
    private(set) var groups: [Group]
    /// By Region: whether its endpoint does not answer.
    var isAway = [false, false]
    /// The probability that others have used up the requests of a second.
    var throttled = 0.0
    /// The probability that an update is under way for minutes, or that its answer is lost.
    var late = 0.0
    /// By Region: what is left of its requests, and when that was so.
    private var tokens = [(left: 5.0, at: Int64(0)), (left: 5.0, at: 0)]
    /// Updates under way, by term.
    private(set) var underWay: [Int64: Int] = [:]

    /// An update was taken.
    var onUpdate: (Update) -> Void = { _ in }

    init(_ groups: [Group], agenda: Agenda, seed: UInt64) {
        self.groups = groups
        self.agenda = agenda
        random = SeededRandom(seed: seed)
    }

    /// The groups as they are read now, with the update that still runs.
    var views: [GroupView] {
        groups.map {
            GroupView(
                group: $0.name, status: $0.updatingUntil > agenda.now ? .updating : .active, shares: $0.shares,
                changedAt: $0.changedAt)
        }
    }

    /// What the last update of a group said.
    func shares(of name: String) -> Shares? { groups.first { $0.name == name }?.shares }

    /// A Region's share of the contacts, in percent, by what is in force.
    func telephony(of region: String) -> Double {
        groups.reduce(0) { $0 + Double($1.portion * ($1.inForce.telephony[region] ?? 0)) / 100 }
    }

    /// Reads all groups at a Region's endpoint: a request a group, in one go.
    func read(from region: Int, _ answer: @escaping (FailoverAnswer) -> Void) {
        let latency = Int64(random.between(30, 400))
        agenda.after(isAway[region] ? Self.timeout : latency) { [self] in
            guard !isAway[region] else { return answer(.unheard("Connect does not answer")) }
            guard takeToken(region, Double(groups.count)) else { return answer(.refused("throttled")) }
            answer(.groups(views))
        }
    }

    /// Sends an update to a Region's endpoint. What is late arrives late, heard or not, as long as its signature counts.
    func send(_ update: Update, _ answer: @escaping (FailoverAnswer) -> Void) {
        if let term = update.term { underWay[term, default: 0] += 1 }
        let arrives: () -> FailoverAnswer = { [self] in
            if let term = update.term { underWay[term, default: 1] -= 1 }
            guard !isAway[update.region] else { return .unheard("Connect does not answer") }
            return take(update)
        }
        if late > 0, random.chance(late) {
            if random.chance(0.5) {
                agenda.after(Int64(random.between(5_001, 420_000))) { _ = arrives() }
            } else {
                agenda.after(Int64(random.between(50, 1_500))) { _ = arrives() }
            }
            agenda.after(Self.timeout) { answer(.unheard("Connect did not answer within \(Self.timeout) ms")) }
            return
        }
        let isAwayNow = isAway[update.region]
        agenda.after(isAwayNow ? Self.timeout : Int64(random.between(200, 1_500))) { answer(arrives()) }
    }

    /// What becomes of an update that arrives now.
    func take(_ update: Update) -> FailoverAnswer {
        guard abs(agenda.now - update.signedAt) <= Self.signatureMax else { return .refused("the signature has expired") }
        guard takeToken(update.region, 1) else { return .refused("throttled") }
        guard let place = groups.firstIndex(where: { $0.name == update.shares.group }) else {
            return .refused("there is no such group")
        }
        if update.shares.shares.problem != nil { onUpdate(update) }
        guard update.shares.shares.problem == nil else { return .refused("invalid shares") }
        guard groups[place].updatingUntil <= agenda.now else { return .refused("an update runs") }
        set(place, update.shares.shares)
        onUpdate(update)
        return .done
    }

    /// Takes effect in some seconds.
    private func set(_ place: Int, _ shares: Shares) {
        groups[place].shares = shares
        groups[place].changedAt = agenda.now
        groups[place].updatingUntil = agenda.now + Int64(random.between(1_000, 20_000))
        agenda.after(Int64(random.between(500, 12_000))) { [self] in
            groups[place].inForce = groups[place].shares
        }
    }

    private func takeToken(_ region: Int, _ count: Double) -> Bool {
        if throttled > 0, random.chance(throttled) { return false }
        let elapsed = Double(agenda.now - tokens[region].at) / 1000
        let left = min(5, tokens[region].left + elapsed * 2)
        tokens[region] = (left >= count ? left - count : left, agenda.now)
        return left >= count
    }
}
