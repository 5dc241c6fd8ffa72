/// The rules' figures. Times in milliseconds. Every default has its reason in `docs/failover.md`.
package struct FailoverPolicy: Equatable, Sendable {
    package enum Mode: String, CaseIterable, Sendable {
        /// Looks, and says what it sees.
        case observe
        /// Says, too, what it would do.
        case advise
        /// Does it once a person has said yes.
        case approve
        /// Does it.
        case automatic
    }

    package var mode = Mode.advise
    /// Between two rounds.
    package var roundMilliseconds: Int64 = 2_000
    /// A signal that is older is unknown.
    package var signalAgeMax: Int64 = 30_000
    /// A peer's verdict whose counter stood still for so long says nothing any more.
    package var verdictAgeMax: Int64 = 15_000
    /// What was read of the control table, and of the groups, is too old to act upon after this.
    package var viewAgeMax: Int64 = 10_000
    /// All rules have to hold for so long before anything is done.
    package var dwellMilliseconds: Int64 = 15_000
    /// How long the cause is waited for that is asked again after the dwell, at least (a source that looks seldom is waited for as long as what it says counts); then
    /// the dwell begins anew.
    package var recheckMilliseconds: Int64 = 20_000
    /// How long a person may take to approve; no answer means no.
    package var approvalMilliseconds: Int64 = 600_000
    /// Signals against the peer that have to be independent of each other, two at least.
    package var independentMin = 2
    /// Contacts that are expected to start in the peer in a minute, below which nothing is moved by itself.
    package var startsMin = 1.0
    /// Agents online in the peer, which count as volume where no expectation is known.
    package var agentsMin = 5
    /// Moves by itself in 24 hours.
    package var movesPerDay = 2
    /// For so long after a move an older intent of ours that comes up late is put right.
    package var reassertMilliseconds: Int64 = 900_000
    /// An answer to an update is waited for so long; what it did is then read.
    package var answerMilliseconds: Int64 = 5_000

    package init() {}

    /// What is wrong with it; nil where nothing is.
    package var problem: String? {
        if independentMin < 2 { return "failover.independent-signals is \(independentMin); accepted: 2 or more" }
        if movesPerDay < 1 || movesPerDay > 24 { return "failover.moves-per-day is \(movesPerDay); accepted: 1 to 24" }
        if roundMilliseconds < 500 { return "failover.round is \(roundMilliseconds) ms; accepted: 500 ms or more" }
        if verdictAgeMax < 3 * roundMilliseconds {
            return "failover.verdict-age is \(verdictAgeMax) ms; accepted: three rounds (\(3 * roundMilliseconds) ms) or more"
        }
        if dwellMilliseconds < 2 * roundMilliseconds {
            return "failover.dwell is \(dwellMilliseconds) ms; accepted: two rounds (\(2 * roundMilliseconds) ms) or more"
        }
        return nil
    }
}
