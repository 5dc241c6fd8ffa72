/// Written before an intent is sent to Connect: a request of this term may be under way from now on. One a term.
///
/// Connect has no condition on an update: the last caller wins. So whoever acts for another term waits while an older term's mark is not
/// ``State/closed``, for ``waitMilliseconds`` at most from when the waiter first saw it. No clock of one machine is held against another's.
package struct ActingMark: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// It is being sent, or was when its writer stopped.
        case sending
        /// The groups show it; a request whose answer nobody heard may yet arrive.
        case fulfilled
        /// The groups show it and every answer was heard, or it was given up before anything was sent: nothing is under way.
        case closed
    }

    package var term: Int64
    /// The controller that sends, `us-west-2/3f9c`.
    package var controller: String
    /// Random, of one writing of the mark.
    package var token: String
    package var state: State

    package init(term: Int64, controller: String, token: String, state: State) {
        self.term = term
        self.controller = controller
        self.token = token
        self.state = state
    }

    /// AWS takes a signature whose time is within five minutes of its own clock, so one made by a clock that is five minutes fast lives for ten.
    /// The rest is for a request that is under way when it ends.
    package static let waitMilliseconds: Int64 = 11 * 60_000
}
