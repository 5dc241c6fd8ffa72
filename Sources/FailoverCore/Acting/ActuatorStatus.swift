/// How an actuator stands: what metrics and preflights tell.
package struct ActuatorStatus: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// There is no intent, or none that asks anything of it.
        case idle
        /// It has not been read yet what is there.
        case unread
        /// What the newest intent asks for is not there yet.
        case applying
        /// What the newest intent asks for was read there.
        case applied
        /// Something else is there, which is not of an intent, or came long after the move: it is told and left.
        case drifted(String)
    }

    /// A look at what is there that changes nothing: whether it could act, were it to.
    package struct Exercise: Equatable, Sendable {
        /// Wall clock, in milliseconds since 1970.
        package var at: Int64
        package var isOK: Bool
        /// What was found wrong, a sentence each; where `isOK`, warnings.
        package var lines: [String]

        package init(at: Int64, isOK: Bool, lines: [String]) {
            self.at = at
            self.isOK = isOK
            self.lines = lines
        }
    }

    /// `active-region`, `route53`, `webhook` ..
    package var name: String
    package var state: State
    /// The newest term that asks something of it; 0: none.
    package var wantedTerm: Int64
    /// The newest term that was read there, or delivered; 0: none since it began.
    package var appliedTerm: Int64
    /// Attempts in a row that failed, and why the last one did.
    package var failures: Int
    package var lastFailure: String?
    /// Nil: not yet.
    package var exercise: Exercise?
    /// Messages that were given up since it began.
    package var givenUp: Int

    package init(
        name: String, state: State, wantedTerm: Int64 = 0, appliedTerm: Int64 = 0, failures: Int = 0,
        lastFailure: String? = nil,
        exercise: Exercise? = nil, givenUp: Int = 0
    ) {
        self.name = name
        self.state = state
        self.wantedTerm = wantedTerm
        self.appliedTerm = appliedTerm
        self.failures = failures
        self.lastFailure = lastFailure
        self.exercise = exercise
        self.givenUp = givenUp
    }
}
