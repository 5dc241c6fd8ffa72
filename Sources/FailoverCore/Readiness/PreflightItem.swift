/// One thing that a move needs, and how it stands: a line of `converge failover preflight`, and a metric.
///
/// Each is judged by itself, from what was found or from why nothing was. Unknown is neither fine nor wrong.
package struct PreflightItem: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case ok
        /// A move would do what it is to; somebody should look at it all the same.
        case warning
        case failed
        /// Nobody could say.
        case unknown
    }

    /// What was heard of something, or why nothing was.
    package enum Heard<Value: Sendable>: Sendable {
        case known(Value)
        case unknown(String)
    }

    /// `replication`, `control-table/us-east-1`: the metric's label; the same in each run.
    package var id: String
    /// In words: `replication of the instance's configuration`.
    package var what: String
    package var state: State
    /// With figures. Holds no personal data.
    package var found: String
    /// A command or a place in a console; empty where nothing is to be done.
    package var remedy: String
    /// Whether contacts would be worse off in the target than where they are: it holds back moves that nobody asked for. What merely makes a move fail
    /// does not: an update that is refused changes nothing, and what is wrongly taken for a failure would cost the whole failover.
    package var isBlocking: Bool
    /// How old what was found is, in milliseconds; nil: of now.
    package var age: Int64?

    package init(
        _ id: String, _ what: String, _ state: State, _ found: String, remedy: String = "", isBlocking: Bool = false,
        age: Int64? = nil
    ) {
        self.id = id
        self.what = what
        self.state = state
        self.found = found
        self.remedy = state == .ok ? "" : remedy
        self.isBlocking = isBlocking && state == .failed
        self.age = age
    }

    /// What holds back moves that nobody asked for, a sentence each.
    package static func blockers(_ items: [PreflightItem]) -> [String] {
        items.filter(\.isBlocking).map { "preflight \($0.id): \($0.found)" }
    }

    /// Whether a command that shows them has succeeded. `isStrict`: what nobody could say counts as failed.
    package static func succeed(_ items: [PreflightItem], isStrict: Bool) -> Bool {
        items.allSatisfy { $0.state != .failed && (!isStrict || $0.state != .unknown) }
    }
}
