/// The rates of a run, worked out once from its options.
struct TrafficPlan: Sendable {
    /// Distinct agents of this run.
    let agents: Int
    /// Distinct customers; fewer than the contacts, so that customers come back.
    let customers: Int
    /// Events of the run proper; the rest are records that come days later.
    let mainEvents: Int
    let lateRecords: Int
    /// Planned events a millisecond, by kind. For kinds that are not delivered: those that happen anyway.
    let rates: [Double]
    /// Kinds that are delivered.
    let delivered: [Bool]
    /// The first contact comes this long after the start, when agents are there to take it.
    let contactDelay: Double
    /// Until about here there are no contacts whose record is due, and the plan has none.
    let recordDelay: Double
    /// Records to keep for newer copies.
    let recentRecords: Int
    /// New contacts a millisecond.
    let contactRate: Double
    /// The mean time an agent spends on a contact, milliseconds; all times of a contact follow from it.
    let handlingMean: Double
    /// Milliseconds between two rounds of filling up what lags behind the plan.
    let fillInterval: Int
    /// The chance that an event is delivered again.
    let repeatChance: Double

    private static let shortestRunMilliseconds = 300_000.0
    /// An agent makes an event this often at most, on average.
    private static let agentPauseMilliseconds = 2_000.0
    private static let lateRecordsMax = 4_096
    /// What one contact brings about on average. Measured on the model itself; the pacing corrects what is left.
    private static let contactEventsPerContact = 5.4
    private static let agentEventsPerContact = 11.0

    init(_ options: TrafficOptions) {
        let shares = options.mix.shares
        let events = Double(options.events)
        func share(_ kind: TrafficKind) -> Double { shares[kind.rawValue] }
        agents = min(options.agents, max((options.events + 49) / 50, options.regions.count))
        let leastSpan = events * share(.agent) / Double(agents) * Self.agentPauseMilliseconds
        let span = max(events / options.eventsPerSecond * 1000, leastSpan, Self.shortestRunMilliseconds)
        let rate = events / span
        var contacts = max(
            share(.contact) / Self.contactEventsPerContact, share(.record) / 2.2, share(.flow) / 9)
        if contacts == 0 { contacts = max(share(.agent), 0.1) / (Self.agentEventsPerContact + 4) }
        contactRate = rate * contacts

        var rates = shares.map { $0 * rate / (1 + options.duplicates) }
        // Three agents of four take contacts, most of them are signed in and Available; keep some of those free.
        handlingMean = min(max(0.32 * Double(agents) / max(contactRate, 1e-9), 5_000), 200_000)
        contactDelay = min(span * 0.03, 20_000)
        recordDelay = min(contactDelay + handlingMean + 80_000, span / 2)
        rates[TrafficKind.record.rawValue] *= span / (span - recordDelay)
        recentRecords = max(2_048, Int(rates[TrafficKind.record.rawValue] * 30_000))
        if share(.agent) == 0 { rates[TrafficKind.agent.rawValue] = contactRate * Self.agentEventsPerContact }
        self.rates = rates
        delivered = shares.map { $0 > 0 }

        customers = max(Int(contactRate * span / 3), 10)
        fillInterval = min(max(Int(4 / max(rate, 1e-9)), 2), 400)
        repeatChance = options.duplicates / (1 - options.duplicates)

        let late = Int(events * share(.record) * 0.02)
        lateRecords = min(max(late, share(.record) > 0 && options.events >= 500 ? 1 : 0), Self.lateRecordsMax)
        mainEvents = options.events - lateRecords
    }
}
