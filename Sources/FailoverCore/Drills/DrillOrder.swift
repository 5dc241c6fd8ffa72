/// A Region that is to count as lost for a while, though it is well: who ordered it, and what is to be moved.
package struct DrillOrder: Equatable, Sendable {
    package enum Mode: Equatable, Sendable {
        /// Only these groups are moved; callers of the others notice nothing.
        case testGroup([String])
        /// All groups.
        case live
    }

    /// Random.
    package var id: String
    /// Counts as lost.
    package var region: String
    package var peer: String
    package var mode: Mode
    /// For so long, counted from when all groups showed it. A second to a day.
    package var holdMilliseconds: Int64
    /// Who approved it.
    package var by: String
    package var why: String
    /// The name of the controller that carries it through by itself; nil of a person's command.
    package var keeper: String?

    package init(
        id: String, region: String, peer: String, mode: Mode, holdMilliseconds: Int64, by: String, why: String = "",
        keeper: String? = nil
    ) {
        self.id = id
        self.region = region
        self.peer = peer
        self.mode = mode
        self.holdMilliseconds = holdMilliseconds
        self.by = by
        self.why = why
        self.keeper = keeper
    }

    /// What is wrong with it; nil where nothing is.
    package var problem: String? {
        if region == peer || region.isEmpty || peer.isEmpty {
            return "a drill takes one Region of two, not \(region) of \(peer)"
        }
        if holdMilliseconds < 1_000 || holdMilliseconds > DrillMark.secondsMax * 1_000 {
            return "a drill takes 1 second to a day, not \(holdMilliseconds) ms"
        }
        if by.isEmpty { return "a drill needs the name of who approves it" }
        if case .testGroup(let groups) = mode, groups.isEmpty { return "a drill on test groups needs one group at least" }
        return nil
    }

    /// Who writes its terms, and its lines of the history.
    var author: String { keeper.map { "controller \($0)" } ?? by }

    func moves(_ group: String) -> Bool {
        switch mode {
        case .live: true
        case .testGroup(let groups): groups.contains(group)
        }
    }

    /// What the groups are to give meanwhile: an intent names all groups, those that stay among them.
    func groups(from inForce: [GroupShares]) -> [GroupShares] {
        inForce.map { group in
            guard moves(group.group) else { return group }
            return GroupShares(
                group: group.group, shares: Shares(peer, share: 100, other: region, hasSignIn: !group.shares.signIn.isEmpty))
        }
    }

    /// What will happen, in sentences, for who is to approve it. `inForce`: as the groups are now.
    package func plan(_ inForce: [GroupShares]) -> [String] {
        let moved = inForce.filter { moves($0.group) }
        let kept = inForce.count - moved.count
        var lines = [
            "\(region) counts as lost for \(holdMilliseconds / 1000) s; it is well, and goes on with the contacts that it has"
        ]
        for (before, after) in zip(inForce, groups(from: inForce)) where moves(before.group) {
            lines.append("\(before.group): \(before.shares.text) -> \(after.shares.text)")
        }
        if kept > 0 { lines.append("\(kept) other group\(kept == 1 ? " stays as it is" : "s stay as they are")") }
        if case .live = mode { lines.append("this is live: new callers are answered in \(peer) alone") }
        lines.append("agents who are moved have to set themselves available, there and back again")
        lines.append("then everything goes back to what it is now; at any moment before, when somebody aborts it")
        lines.append("it goes back at once if \(peer) does not serve, and stays where it is while \(region) is not known to")
        return lines
    }
}
