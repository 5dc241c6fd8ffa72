/// All that a decision stands on, at one moment of one controller. An ``Evaluation`` is a function of it and of the policy, and of nothing else.
package struct Situation: Equatable, Sendable {
    package var own: String
    package var peer: String
    /// The controller's clock.
    package var now: Int64
    /// The controller's wall clock: for moves a day alone.
    package var wall: Int64
    package var entries: [SignalBook.Entry]
    package var volume: Volume?
    package var control: ControlView?
    package var controlReadAt: Int64
    package var groups: [GroupView]?
    package var groupsReadAt: Int64
    /// Verdicts of the peer's controllers that are alive.
    package var peerVerdicts: [SelfVerdict]
    /// Why what is in force is not ours; nil where it is.
    package var foreign: String?
    /// What has to be there before a move and is not, in sentences.
    package var blockers: [String]

    package init(
        own: String, peer: String, now: Int64, wall: Int64, entries: [SignalBook.Entry], volume: Volume?, control: ControlView?,
        controlReadAt: Int64, groups: [GroupView]?, groupsReadAt: Int64, peerVerdicts: [SelfVerdict], foreign: String?,
        blockers: [String]
    ) {
        self.own = own
        self.peer = peer
        self.now = now
        self.wall = wall
        self.entries = entries
        self.volume = volume
        self.control = control
        self.controlReadAt = controlReadAt
        self.groups = groups
        self.groupsReadAt = groupsReadAt
        self.peerVerdicts = peerVerdicts
        self.foreign = foreign
        self.blockers = blockers
    }
}
