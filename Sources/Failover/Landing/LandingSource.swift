import FailoverCore
import Platform
import Synchronization

/// Watches how each change that gives the own Region more lands there, whoever sent it, and writes it into the history: one line as soon as everything has landed, and one at the end, after
/// ``watchMilliseconds`` or when a newer term is there.
///
/// Every controller of the gaining Region that stands beside a worker does so, and a report puts their lines together. A change is known by its line `sent`: this controller's own at once, another one's as soon as its mark shows in the
/// control table. A process that begins in the middle goes on, with what it can still see: rows say when their contacts began. It is a source of no signals, so that it has a thread.
///
/// Cost: nothing but a look at a value each second while nothing moves; then a look at all agents' rows every five seconds for a minute, and every half a minute after that; where
/// that takes more than a fifth of the time, less often.
package final class LandingSource: SignalSource {
    static let paceMilliseconds: Int64 = 1_000
    /// A change is watched for so long from its first update on.
    static let watchMilliseconds = Int64(LandingWatch.minutesAfter) * 60_000
    private static let lookMilliseconds: Int64 = 5_000
    private static let laterMilliseconds: Int64 = 30_000
    /// So often the history of a term that is fulfilled does not say that it was sent, until that is believed.
    private static let looksMax = 10
    /// Lines that the control table has not taken yet; the oldest makes room.
    private static let unwrittenMax = 4

    /// What was told of the newest term, until it is looked at.
    private struct News: Sendable {
        /// The newest term of all.
        var term: Int64 = 0
        /// It gives the own Region more, and somebody has begun to send it.
        var isOurs = false
        /// All groups show it.
        var isFulfilled = false
        /// By its sender's clock, where this controller is the sender.
        var sentAt: Int64?
        /// Who was online in the other Region when that was told.
        var online: Set<UInt64> = []
    }

    private struct State {
        /// The newest term that was dealt with: it is watched, or there is nothing to watch.
        var known: Int64 = 0
        var looks = 0
        /// On the controller's clock; nil: nothing is watched.
        var endsAt: Int64?
        var beganAt: Int64 = 0
        var lookAt: Int64 = 0
        var hasTold = false
        var unwritten: [JournalEntry] = []
        var trouble: String?
    }

    package let name = "landing"
    private let author: String
    private let region: String
    private let control: any ControlTable
    private let sights: LandingSights
    private let wall: @Sendable () -> Int64
    private let tell: @Sendable (JournalEntry) -> Void
    private let say: @Sendable (String) -> Void
    private let news = Mutex(News())
    private let state = Mutex(State())

    /// `author`: of the lines. `tell` is given each line that the control table has taken, `say` what went wrong, once.
    package init(
        by author: String, in region: String, _ control: any ControlTable, _ sights: LandingSights,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }, say: @escaping @Sendable (String) -> Void,
        tell: @escaping @Sendable (JournalEntry) -> Void
    ) {
        self.author = author
        self.region = region
        self.control = control
        self.sights = sights
        self.wall = wall
        self.say = say
        self.tell = tell
    }

    // MARK: What is told

    /// The control table was read. Returns at once.
    package func follow(_ view: ControlView) {
        guard let newest = view.newest else { return }
        let mark = view.mark(of: newest.term)
        take(newest.term, isOurs: newest.actor == region && newest.cause != .adopted && mark != nil, sentAt: nil)
        guard let mark, mark.state != .sending else { return }
        news.withLock { if $0.term == newest.term { $0.isFulfilled = true } }
    }

    /// A line of this controller's history. Returns at once.
    package func follow(_ entry: JournalEntry) {
        guard entry.kind == .sent else { return }
        take(entry.term, isOurs: true, sentAt: entry.at)
    }

    private func take(_ term: Int64, isOurs: Bool, sentAt: Int64?) {
        let isNews = news.withLock { news in
            guard term > news.term || term == news.term && isOurs && !news.isOurs else { return false }
            news = News(term: term, isOurs: isOurs, sentAt: sentAt)
            return isOurs
        }
        guard isNews else { return }
        sights.feed.attend(until: .max)
        // Before anybody has left.
        let online = sights.agentsKnown()
        news.withLock { if $0.term == term { $0.online = online } }
    }

    // MARK: Looking

    package func look(now: Int64) -> SignalLook {
        let news = news.withLock { $0 }
        // Only this thread changes the state; others read nothing of it.
        var state = state.withLock { $0 }
        if news.term > state.known {
            if state.endsAt != nil { end(&state) }
            if news.isOurs { begin(news, &state, now) }
        }
        if state.endsAt != nil {
            watch(&state, now)
        } else if state.known == news.term {
            sights.feed.attend(until: .min)
        }
        write(&state)
        self.state.withLock { $0 = state }
        return SignalLook([], nextAt: now + LandingSource.paceMilliseconds)
    }

    private func begin(_ news: News, _ state: inout State, _ now: Int64) {
        guard let sentAt = news.sentAt ?? sent(news, &state) else { return }
        state.known = news.term
        state.looks = 0
        let age = max(0, wall() - sentAt)
        guard age < LandingSource.watchMilliseconds else { return }
        sights.feed.with { $0.begin(term: news.term, at: sentAt, online: news.online) }
        let end = now + LandingSource.watchMilliseconds - age
        sights.feed.attend(until: end)
        (state.endsAt, state.beganAt, state.lookAt, state.hasTold) = (end, now, now, false)
    }

    /// When another controller, or this one before it began anew, sent the term first; nil: nobody says so yet.
    private func sent(_ news: News, _ state: inout State) -> Int64? {
        guard case .success(let entries) = control.history(of: news.term, limit: LandingSource.historyMax) else { return nil }
        if let first = entries.filter({ $0.kind == .sent }).map(\.at).min() { return first }
        // Where all groups show it and nobody says that it was sent, nothing had to be, or who sent it has died before saying so.
        state.looks += news.isFulfilled ? 1 : 0
        if state.looks >= LandingSource.looksMax { (state.known, state.looks) = (news.term, 0) }
        return nil
    }

    private static let historyMax = 200

    private func watch(_ state: inout State, _ now: Int64) {
        if now >= state.lookAt {
            let pace = now - state.beganAt < 60_000 ? LandingSource.lookMilliseconds : LandingSource.laterMilliseconds
            let from = wall()
            do {
                let look = try sights.look()
                sights.feed.with { [wall] in $0.take(look, readAt: wall()) }
                state.trouble = nil
            } catch {
                let trouble = "how a change lands cannot be seen: \(error)"
                if state.trouble == nil { say(trouble) }
                state.trouble = trouble
            }
            // Looking takes a fifth of the time at most.
            state.lookAt = now + max(pace, 5 * (wall() - from))
        }
        if now >= state.endsAt ?? .max {
            end(&state)
        } else if !state.hasTold, sights.feed.with({ $0.isDone }) {
            state.hasTold = true
            add(&state)
        }
    }

    private func end(_ state: inout State) {
        state.endsAt = nil
        add(&state)
    }

    // MARK: The history

    private func add(_ state: inout State) {
        let until = wall()
        let began = sights.feed.with { $0.began } ?? until
        let first = began / 60_000 - Int64(LandingWatch.minutesBefore)
        let minutes = sights.minutes(first..<max(first, until / 60_000 + 1))
        guard let landing = sights.feed.with({ $0.landing(until: until, minutes: minutes) }) else { return }
        if state.unwritten.count == LandingSource.unwrittenMax { state.unwritten.removeFirst() }
        state.unwritten.append(
            JournalEntry(kind: .landed, term: landing.term, author: author, at: until, lines: landing.lines))
    }

    private func write(_ state: inout State) {
        while let entry = state.unwritten.first {
            guard case .done = control.perform(.write(entry)) else { return }
            state.unwritten.removeFirst()
            tell(entry)
        }
    }
}
