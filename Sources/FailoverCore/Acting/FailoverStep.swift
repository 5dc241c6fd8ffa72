/// What a ``FailoverController`` wants done next: one at a time, each answered by ``FailoverController/take(_:now:)`` with what came of it, or that nothing
/// was heard. Steps are the only way in which it reaches anything.
package enum FailoverStep: Equatable, Sendable {
    /// A request to the control table.
    case control(ControlStep)
    /// The groups' distributions, from this Region's endpoint: ``FailoverAnswer/groups(_:)``.
    case readGroups
    /// The update of one group.
    case send(GroupUpdate)
}

/// An update of one group, at this Region's endpoint, in parts that stay in this order: sign it with the time of now; read the newest term consistently; if
/// it is not `term` any more, do not send; send it once, and never after `deadline`.
package struct GroupUpdate: Equatable, Sendable {
    package var term: Int64
    package var group: GroupShares
    /// On the controller's clock: what was signed and not sent by then is thrown away.
    package var deadline: Int64

    package init(term: Int64, group: GroupShares, deadline: Int64) {
        self.term = term
        self.group = group
        self.deadline = deadline
    }
}

/// What came of a step.
package enum FailoverAnswer: Equatable, Sendable {
    case control(ControlView)
    case groups([GroupView])
    /// Done, and known to be.
    case done
    /// The condition did not hold: somebody else was there first. Nothing was changed.
    case conflict
    /// Not sent: the newest term is another one by now, or it was too late.
    case withdrawn
    /// It was refused, and nothing was changed.
    case refused(String)
    /// It may have happened, or may yet: no answer, a broken connection, an error of the service.
    case unheard(String)
}
