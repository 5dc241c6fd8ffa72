/// Somebody else has changed a group.
struct ForeignHand: Equatable {
    /// The newest term when it was seen: a newer one, which a person made, ends it.
    var term: Int64
    /// When it was first seen, on the controller's clock.
    var since: Int64
    /// Seen again, a while later: it stays until a person has acknowledged it. Before that it may be a Region that tells late.
    var isConfirmed: Bool
    var says: String

    static let confirmMilliseconds: Int64 = 10_000
}

extension FailoverController {
    /// Looks at the groups, which were just read: is what is in force ours?
    mutating func inspect(now: Int64) {
        guard let control, let newest = control.newest, let groups, isFresh(controlReadAt, now) else { return }
        if let known = foreign, known.term != newest.term { foreign = nil }
        // What was read before this controller saw the intent carried out says nothing against it.
        if let fulfilled = sights.fulfilled(newest), groupsReadAt <= fulfilled { return }
        let strange = groups.first { view in
            view.status == .active && !expected(newest, control, view.group, now: now).contains(view.shares)
        }
        guard let strange else {
            // Once it was confirmed, a person has to have seen it, also where what is in force is ours again.
            if foreign?.isConfirmed != true || control.words.acknowledgedTerm >= newest.term { foreign = nil }
            return
        }
        let says =
            "somebody else has changed \(strange.group): in force is \(strange.shares.text), term \(newest.term) is \(newest.shares(of: strange.group)?.text ?? "without it")"
        guard let known = foreign else {
            foreign = ForeignHand(term: newest.term, since: now, isConfirmed: false, says: says)
            return
        }
        let isNews = !known.isConfirmed && now - known.since >= ForeignHand.confirmMilliseconds
        foreign?.says = says
        guard isNews else { return }
        foreign?.isConfirmed = true
        journal(.foreign, term: newest.term, [says, "nothing happens by itself until a person acknowledges it"])
    }

    /// What a group may show without a foreign hand: the newest intent; while that is carried out, what was in force before; and older intents of
    /// ours of which a request may still be under way, for a while.
    private func expected(_ newest: Intent, _ control: ControlView, _ group: String, now: Int64) -> [Shares] {
        var found = [newest.shares(of: group)]
        if isUnfulfilled {
            let before = control.terms.dropFirst().first { sights.fulfilled($0) != nil }
            found.append(before?.shares(of: group))
        }
        found += late(newest, control, now: now).map { $0.shares(of: group) }
        return found.compactMap { $0 }
    }

    /// Older intents of ours of which a request may still be under way.
    func late(_ newest: Intent, _ control: ControlView, now: Int64) -> [Intent] {
        if let fulfilled = sights.fulfilled(newest), now - fulfilled > policy.reassertMilliseconds { return [] }
        return control.terms.dropFirst().filter { older in
            control.mark(of: older.term).map { $0.state != .closed } ?? false
        }
    }
}

extension Shares {
    /// `us-east-1 100 %, us-west-2 0 %`, and of agents and sign-in where they differ from it.
    package var text: String {
        func split(_ shares: [String: Int]) -> String {
            shares.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value) %" }.joined(separator: ", ")
        }
        var text = split(telephony)
        if agents != telephony { text += "; agents \(split(agents))" }
        let signs = signIn.filter(\.value).keys.sorted()
        if !signIn.isEmpty { text += "; sign-in \(signs.joined(separator: " and "))" }
        return text
    }
}
