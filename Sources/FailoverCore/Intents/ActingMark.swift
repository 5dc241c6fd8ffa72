/// Written before an intent is sent to Connect: a request of this term may be under way from now on.
///
/// Connect has no condition on an update: the last caller wins. So whoever acts for another term waits while a mark of an older term is open: until it is closed (its
/// answer was heard, nothing of it is under way) or for ``waitMilliseconds`` from when the waiter first saw it. No clock of one machine is held
/// against another's.
package struct ActingMark: Equatable, Sendable {
    package var term: Int64
    /// The controller that sends, `us-west-2/3f9c`.
    package var controller: String
    /// Random, of one sending.
    package var token: String
    /// Its answer was heard: nothing is under way.
    package var isClosed: Bool

    package init(term: Int64, controller: String, token: String, isClosed: Bool = false) {
        self.term = term
        self.controller = controller
        self.token = token
        self.isClosed = isClosed
    }

    /// AWS takes a signature whose time is within five minutes of its own clock, so one made by a clock that is five minutes fast lives for ten.
    /// The rest is for a request that is under way when it ends.
    package static let waitMilliseconds: Int64 = 11 * 60_000
}
