import FailoverCore
import TestSupport
import Testing

@Suite("Messages on their way", .limited)
struct NoticeQueueTests {
    static func notice(_ term: Int64, _ kind: JournalEntry.Kind = .committed) -> Notice {
        Notice(
            JournalEntry(kind: kind, term: term, author: "us-west-2/1", at: 5, lines: ["a line"]), of: nil, by: "us-west-2/1")
    }

    @Test("a message is posted once, however often it is told")
    func isOnce() {
        var queue = NoticeQueue(name: "webhook")
        for _ in 0..<3 { queue.post(Self.notice(1), now: 0) }
        #expect(queue.next(now: 0) == .send(Self.notice(1)))
        queue.sent(Self.notice(1), .delivered, now: 0, random: 0)
        queue.post(Self.notice(1), now: 0)
        #expect(queue.next(now: 0) == .exercise)
        #expect(queue.status.appliedTerm == 1)
        #expect(queue.status.state == .applied)
    }

    @Test("what fails is tried again, does not hold up the others, and is given up after a quarter of an hour, which is told")
    func givesUp() {
        var queue = NoticeQueue(name: "webhook")
        queue.exercised(problems: [], now: 0, wall: 0)
        queue.post(Self.notice(1), now: 0)
        queue.sent(Self.notice(1), .failed("no answer"), now: 0, random: 0)
        queue.post(Self.notice(2), now: 0)
        #expect(queue.next(now: 0) == .send(Self.notice(2)))
        queue.sent(Self.notice(2), .delivered, now: 0, random: 0)
        var now: Int64 = 0
        var attempts = 1
        while queue.status.state == .applying {
            now = max(now, queue.wakeAt)
            switch queue.next(now: now) {
            case .send(let notice):
                attempts += 1
                queue.sent(notice, .failed("no answer"), now: now, random: 0.5)
            case .exercise: queue.exercised(problems: [], now: now, wall: now)
            case nil: Issue.record("nothing to do at \(now), the time it said")
            }
        }
        #expect(now >= 900_000 && now < 960_000)
        let losses = queue.takeLosses()
        #expect(losses == ["webhook: the message 1-committed was given up after \(attempts) attempts: no answer"])
        let rest = queue.takeLosses()
        #expect(rest == [])
        #expect(queue.status.givenUp == 1)
        // Counted from the last one that was delivered.
        #expect(queue.status.failures == attempts - 1)
    }

    @Test("what is refused for good is not tried again")
    func refused() {
        var queue = NoticeQueue(name: "sns")
        queue.post(Self.notice(1), now: 0)
        queue.sent(Self.notice(1), .refused("404"), now: 0, random: 0)
        #expect(queue.next(now: 0) == .exercise)
        #expect(queue.status.givenUp == 1)
        #expect(queue.status.lastFailure == "404")
    }

    @Test("of more than 64 that wait the oldest is given up")
    func bound() {
        var queue = NoticeQueue(name: "sns")
        for term in 1...65 { queue.post(Self.notice(Int64(term)), now: 0) }
        #expect(queue.next(now: 0) == .send(Self.notice(2)))
        let losses = queue.takeLosses()
        #expect(losses.count == 1)
    }

    @Test("a notice keeps what people said, and who they are, to itself")
    func noPersonalData() {
        let manual = Intent(
            term: 3, groups: [], cause: .manual, author: "ann@example.com", actor: "us-west-2", evidence: ["ann said so"],
            token: "t",
            proposedAt: 9)
        #expect(Notice(committed: manual).lines == [])
        var automatic = manual
        automatic.cause = .automatic
        #expect(Notice(committed: automatic).lines == ["ann said so"])
        let entry = JournalEntry(kind: .halted, term: 3, author: "ann", at: 9, lines: ["ann said so"])
        #expect(Notice(entry, of: manual, by: "us-west-2/1").lines == [])
        // A controller's own lines name people, too: who approved, who holds.
        for kind in [JournalEntry.Kind.committed, .cleared, .heldBack, .halted, .stepped] {
            let own = JournalEntry(kind: kind, term: 3, author: "us-west-2/1", at: 9, lines: ["ann approved it"])
            #expect(Notice(own, of: manual, by: "us-west-2/1").lines == [])
        }
        let own = JournalEntry(kind: .foreign, term: 3, author: "us-west-2/1", at: 9, lines: ["the group shows 50/50"])
        #expect(Notice(own, of: manual, by: "us-west-2/1").lines == ["the group shows 50/50"])
    }

    @Test("the same thing has one key, whoever tells it; what is of no term has one a moment")
    func keys() {
        #expect(Self.notice(4, .verified).key == "4-verified")
        #expect(Self.notice(0, .suspected).key == "5-suspected")
    }
}
