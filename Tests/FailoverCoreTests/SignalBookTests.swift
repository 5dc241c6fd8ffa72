import FailoverCore
import TestSupport
import Testing

@Suite("what signals said last", .limited)
struct SignalBookTests {
    private func signal(_ state: SignalState, at time: Int64, source: String = "connect-api") -> Signal {
        Signal(
            source: source, kind: .connectAPI, region: "us-east-1", state: state, path: SignalPath(.between), observedAt: time,
            evidence: "\(state)")
    }

    @Test("a signal keeps the time since when it says the same")
    func since() {
        var book = SignalBook()
        for (state, time) in [(SignalState.healthy, 1_000), (.unhealthy, 2_000), (.unhealthy, 3_000)] {
            book.take(signal(state, at: Int64(time)))
        }
        let entry = book.signals(at: 3_000, ageMax: 10_000).first
        #expect(entry?.signal.state == .unhealthy)
        #expect(entry?.since == 2_000)
    }

    @Test("a signal that is told late does not replace a newer one")
    func late() {
        var book = SignalBook()
        book.take(signal(.healthy, at: 2_000))
        book.take(signal(.unhealthy, at: 1_000))
        #expect(book.signals(at: 2_000, ageMax: 10_000).first?.signal.state == .healthy)
    }

    @Test("a signal that is too old is unknown, since it became too old", arguments: [SignalState.healthy, .unhealthy])
    func old(state: SignalState) {
        var book = SignalBook()
        book.take(signal(state, at: 1_000))
        #expect(book.signals(at: 11_000, ageMax: 10_000).first?.signal.state == state)
        let entry = book.signals(at: 11_001, ageMax: 10_000).first
        #expect(entry?.signal.state == .unknown)
        #expect(entry?.since == 11_000)
        #expect(entry?.signal.evidence == "not heard of for 10 s; the last was: \(state)")
    }

    @Test("a signal that is measured seldom counts for as long as it says")
    func kept() {
        var book = SignalBook()
        var seldom = signal(.healthy, at: 1_000)
        seldom.keptMilliseconds = 60_000
        book.take(seldom)
        #expect(book.signals(at: 61_000, ageMax: 10_000).first?.signal.state == .healthy)
        let entry = book.signals(at: 61_001, ageMax: 10_000).first
        #expect(entry?.signal.state == .unknown)
        #expect(entry?.since == 61_000)
    }

    @Test("a book that is full takes no further source and goes on with those it has")
    func full() {
        var book = SignalBook()
        for number in 0..<SignalBook.signalsMax {
            book.take(signal(.healthy, at: 1_000, source: "source \(number)"))
        }
        let isTaken = book.take(signal(.healthy, at: 1_000, source: "one more"))
        #expect(!isTaken)
        let isKnown = book.take(signal(.unhealthy, at: 2_000, source: "source 0"))
        #expect(isKnown)
        #expect(book.signals(at: 2_000, ageMax: 10_000).count == SignalBook.signalsMax)
    }
}
