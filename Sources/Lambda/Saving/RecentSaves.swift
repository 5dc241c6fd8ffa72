import Writing

/// The last event of each contact, so that an invocation that is repeated tells the same one, with the stamp that it had. One that comes after
/// another event of the contact is new: a flow may come to a place twice.
///
/// Holds ``countMax`` contacts for ``keptMilliseconds`` each; at the bound all are forgotten, and a repeated event is stamped anew, which changes
/// nothing but its time.
struct RecentSaves {
    static let countMax = 1_000
    /// A block tries again for 8 s at most.
    static let keptMilliseconds: Int64 = 10_000

    private var last: [String: (id: String, event: AcceptedEvent, at: Int64)] = [:]

    /// `now`: milliseconds of a clock that never jumps.
    func find(_ save: FlowSave, now: Int64) -> AcceptedEvent? {
        guard let kept = last[save.contactID], kept.id == save.id, now - kept.at <= RecentSaves.keptMilliseconds else {
            return nil
        }
        return kept.event
    }

    mutating func keep(_ event: AcceptedEvent, of save: FlowSave, now: Int64) {
        if last.count >= RecentSaves.countMax { last.removeAll() }
        last[save.contactID] = (save.id, event, now)
    }
}
