/// Presence by the rule of `docs/state.md`, and by others that were tried beside it: over events, and without the program's code.
struct PresenceModel {
    /// A rule says online, offline, or nothing.
    enum Rule: String, CaseIterable {
        /// The rule of the page.
        case kept
        /// Before: LOGIN is online, LOGOUT is offline until a STATE_CHANGE to another status.
        case before
        /// A status counts where its telling has a greater stamp than LOGIN or LOGOUT, rank included.
        case greaterStamp
        /// A status counts where it began after LOGIN or LOGOUT.
        case begunLater
        /// Of the newest event with a snapshot, whenever its status began.
        case newestSnapshot
        /// A status that began in the second of a LOGOUT counts.
        case sameSecond
        /// What is told half an hour after a LOGOUT counts.
        case halfAnHour
    }

    private struct Stamp: Comparable {
        let time: Int64
        let rank: Int
        let number: Int
        static func < (a: Stamp, b: Stamp) -> Bool { (a.time, a.rank, a.number) < (b.time, b.rank, b.number) }
    }

    private struct Told {
        let start: Int64
        let at: Stamp
        let isOffline: Bool
    }

    private var said: (at: Stamp, isLogin: Bool)?
    private var active: Stamp?
    private var status: Told?
    private var snapshot: Told?

    mutating func tell(_ event: AgentHistory.Event) {
        let rank: Int
        switch event.type {
        case .heartbeat: rank = 1
        case .stateChange: rank = 2
        case .login: rank = 3
        case .logout: rank = 4
        }
        let at = Stamp(time: event.time, rank: rank, number: event.number)
        if rank >= 3, said.map({ $0.at < at }) ?? true { said = (at, rank == 3) }
        guard let told = event.status.map({ Told(start: min($0.start, event.time), at: at, isOffline: $0.isOffline) }) else {
            return
        }
        if rank == 2, !told.isOffline { active = max(at, active ?? at) }
        if snapshot.map({ $0.at < at }) ?? true { snapshot = told }
        if status.map({ ($0.start, $0.at) < (told.start, at) }) ?? true { status = told }
    }

    func isOnline(_ rule: Rule) -> Bool? {
        if rule == .before {
            guard let said else { return snapshot.map { !$0.isOffline } }
            return said.isLogin || (active.map { $0 > said.at } ?? false)
        }
        let told = rule == .newestSnapshot ? snapshot : status
        guard let said else { return told.map { !$0.isOffline } }
        guard let told, counts(told, said.at, rule) else { return said.isLogin }
        if told.isOffline || said.isLogin { return !told.isOffline }
        let (start, logout) = (told.start / 1_000, said.at.time / 1_000)
        let isLater = rule == .sameSecond ? start >= logout : start > logout
        return isLater || told.at.time > said.at.time + (rule == .halfAnHour ? 30 : 65) * 60_000
    }

    private func counts(_ told: Told, _ said: Stamp, _ rule: Rule) -> Bool {
        switch rule {
        case .greaterStamp: told.at > said
        case .begunLater: told.start > said.time
        default: told.at.time >= said.time
        }
    }
}
