/// What the routes of `/v1/failover` ask and say: what a process that watches over a failover fulfils.
///
/// Answers are JSON. Called on several threads at once; an answer takes some seconds at most.
public protocol FailoverAnswers: Sendable {
    /// The two Regions.
    var regions: [String] { get }
    /// The one that the process is in.
    var ownRegion: String { get }

    /// What is intended and in force, what controllers say, what people said.
    func status() throws(FailoverProblem) -> String
    /// What a move would change. `share`: percent, in steps of 10.
    func plan(to region: String, share: Int) throws(FailoverProblem) -> String
    /// What was decided and done, newest first. `term`: nil is of all.
    func history(of term: Int64?, limit: Int) throws(FailoverProblem) -> String
    /// What became of a term.
    func explain(_ term: Int64) throws(FailoverProblem) -> String

    /// Answers what a controller proposes. `confirmation`: the Region that would gain, as the person typed it; of a no it does not matter.
    func approve(
        _ proposal: String, isYes: Bool, confirmation: String?, by person: String, why: String
    ) throws(FailoverProblem) -> String
    func hold(by person: String, why: String) throws(FailoverProblem) -> String
    func resume(by person: String, why: String) throws(FailoverProblem) -> String
    /// Commits a move, which controllers carry out. `term`: the newest one that the person has seen; nil is any.
    func move(
        to region: String, share: Int, after term: Int64?, by person: String, why: String
    ) throws(FailoverProblem) -> String
    /// Begins a gradual return: controllers of the Region make the steps, a gate before each. `step`: percentage points; `hold`: milliseconds that the gates have to hold.
    func beginReturn(
        to region: String, share: Int, step: Int, hold: Int64, by person: String, why: String
    ) throws(FailoverProblem) -> String
    /// Halts a return that is running where it is.
    func haltReturn(by person: String, why: String) throws(FailoverProblem) -> String
    /// Ends the cool-down of the newest term's move.
    func acknowledge(by person: String, why: String) throws(FailoverProblem) -> String
    /// The terms that the control table has, newest first, with what became of each.
    func reports() throws(FailoverProblem) -> String
}

/// Why a question about a failover has no answer, or a word was not taken.
public struct FailoverProblem: Error, Sendable {
    /// Of HTTP.
    public let status: Int
    /// What failed and what to do.
    public let detail: String

    public init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}

/// A process that watches over no failover: whatever is asked is not there.
struct NoFailover: FailoverAnswers {
    private static let problem = FailoverProblem(404, "this process watches over no failover: failover.regions is not set")

    var regions: [String] { [] }
    var ownRegion: String { "" }
    func status() throws(FailoverProblem) -> String { throw Self.problem }
    func plan(to region: String, share: Int) throws(FailoverProblem) -> String { throw Self.problem }
    func history(of term: Int64?, limit: Int) throws(FailoverProblem) -> String { throw Self.problem }
    func explain(_ term: Int64) throws(FailoverProblem) -> String { throw Self.problem }
    func approve(
        _ proposal: String, isYes: Bool, confirmation: String?, by person: String, why: String
    ) throws(FailoverProblem) -> String { throw Self.problem }
    func hold(by person: String, why: String) throws(FailoverProblem) -> String { throw Self.problem }
    func resume(by person: String, why: String) throws(FailoverProblem) -> String { throw Self.problem }
    func move(
        to region: String, share: Int, after term: Int64?, by person: String, why: String
    ) throws(FailoverProblem) -> String { throw Self.problem }
    func beginReturn(
        to region: String, share: Int, step: Int, hold: Int64, by person: String, why: String
    ) throws(FailoverProblem) -> String { throw Self.problem }
    func haltReturn(by person: String, why: String) throws(FailoverProblem) -> String { throw Self.problem }
    func acknowledge(by person: String, why: String) throws(FailoverProblem) -> String { throw Self.problem }
    func reports() throws(FailoverProblem) -> String { throw Self.problem }
}
