import ContactCenter
import HTTPServer
import Platform
import TestSupport
import Testing

@testable import API
@testable import Writing

@Suite("stamps within what their writers know", .limited(minutes: 5))
struct StampBoundsTests {
    private static let now = EventAcceptorTests.now.milliseconds

    private func event(_ id: Int, of session: String = "ann/1") -> [UInt8] {
        Array(
            EventAcceptorTests.session.replacing(#""e1""#, with: #""e\#(id)""#).replacing("ann/1", with: session).utf8)
    }

    private func accept(
        _ acceptor: inout EventAcceptor, _ body: [UInt8], after: Int64? = nil, before: Int64? = nil, at now: Int64 = now
    ) throws -> Int64 {
        try acceptor.accept(
            body, within: StampBounds(after: after, before: before), now: Timestamp(milliseconds: now)
        ) { _, _ in nil }.time.milliseconds
    }

    private func isLate(_ body: () throws -> Int64) -> Bool {
        do { _ = try body() } catch EventRefusal.late { return true } catch { return false }
        return false
    }

    @Test("the stamp is above what the writer knows of, though the clock is behind that; over five minutes ahead is refused")
    func after() throws {
        var acceptor = try EventAcceptorTests.acceptor()
        #expect(try accept(&acceptor, event(1), after: Self.now + 4_000) == Self.now + 4_001)
        #expect(try accept(&acceptor, event(2), after: Self.now - 4_000) == Self.now + 4_002)
        #expect(try accept(&acceptor, event(3), after: Self.now + 300_000) == Self.now + 300_001)
        #expect(throws: EventRefusal.self) { try accept(&acceptor, event(4), after: Self.now + 300_001) }
    }

    @Test(
        "once this endpoint's stamps are past the bound, what is new is too late, and what was accepted before is the same event"
    )
    func before() throws {
        var acceptor = try EventAcceptorTests.acceptor()
        let first = try accept(&acceptor, event(1), before: Self.now)
        #expect(first == Self.now)
        #expect(try accept(&acceptor, event(1), before: Self.now, at: Self.now + 60_000) == first)
        #expect(isLate { try accept(&acceptor, event(2), before: Self.now + 9, at: Self.now + 10) })
        // A refusal takes neither the id nor a stamp.
        #expect(try accept(&acceptor, event(2), before: Self.now + 10, at: Self.now + 10) == Self.now + 10)
        // By stamps that run ahead of the clock, too; what the writer knows itself stamps above its own bound.
        _ = try accept(&acceptor, event(3), after: Self.now + 5_000)
        #expect(isLate { try accept(&acceptor, event(4), before: Self.now + 4_000) })
        #expect(try accept(&acceptor, event(5), after: Self.now + 7_000, before: Self.now + 6_000) == Self.now + 7_001)
    }

    @Test("an event sent again keeps its stamp, whatever its writer has heard of since")
    func again() throws {
        var acceptor = try EventAcceptorTests.acceptor()
        let first = try accept(&acceptor, event(1))
        #expect(try accept(&acceptor, event(1), after: first + 15_000, at: Self.now + 1) == first)
    }

    @Test("a writer whose clock is far ahead moves the stamps of its own session, and nobody else's")
    func alone() throws {
        var acceptor = try EventAcceptorTests.acceptor()
        let far = try accept(&acceptor, event(1), after: Self.now + 200_000)
        #expect(try accept(&acceptor, event(2, of: "ben"), before: Self.now + 15_000) == Self.now)
        #expect(try accept(&acceptor, event(3)) == far + 1)
        #expect(isLate { try accept(&acceptor, event(4), before: Self.now + 15_000) })
        #expect(try accept(&acceptor, event(5), at: Self.now + 200_010) == Self.now + 200_010)
    }

    @Test("what is signed has its stamp: bounds of it are refused")
    func signed() throws {
        var (east, west) = (try EventAcceptorTests.acceptor(), try EventAcceptorTests.acceptor("us-west-2"))
        let signed = try east.accept(event(1), now: EventAcceptorTests.now) { _, _ in nil }
        #expect(throws: EventRefusal.self) { try accept(&west, signed.bytes, after: 1) }
        #expect(throws: EventRefusal.self) { try accept(&west, signed.bytes, before: Self.now + 10_000) }
        #expect(try accept(&west, signed.bytes) == signed.time.milliseconds)
    }

    /// What a client of both endpoints knows, as docs/desktop.md has it.
    private struct Writer {
        var floor: Int64 = 0
        /// Fields in the order in which they were saved, with the stamp of each.
        var last: Int64 = 0
    }

    @Test(
        "over endpoints with random clocks that jump, the stamps of each entity go up in the order of its saves, and of each endpoint in its own"
    )
    func property() {
        forAll(400) { dice in
            var acceptors = [try EventAcceptorTests.acceptor(), try EventAcceptorTests.acceptor("us-west-2")]
            // Clocks that differ by less than what an endpoint follows.
            var clocks = acceptors.indices.map { _ in Self.now + Int64.random(in: 0...4_000, using: &dice) }
            var newest: [Int64] = [0, 0]
            var writers = [Writer](repeating: Writer(), count: 3)
            for id in 0..<60 {
                let (end, who) = (Int(Int64.random(in: 0...1, using: &dice)), Int(Int64.random(in: 0...2, using: &dice)))
                clocks[end] += Int64.random(in: -300...300, using: &dice)
                let before =
                    Int64.random(in: 0...3, using: &dice) == 0
                    ? clocks[end] + Int64.random(in: -2_000...15_000, using: &dice) : nil
                do {
                    let time = try accept(
                        &acceptors[end], event(id, of: "s\(who)"), after: writers[who].floor, before: before, at: clocks[end])
                    try demand(time > writers[who].last, "\(time) is not above \(writers[who].last)")
                    try demand(time > newest[end], "endpoint \(end): \(time) after \(newest[end])")
                    if let before {
                        try demand(time <= max(before, writers[who].floor + 1), "\(time) is past \(before)")
                    }
                    (newest[end], writers[who].last) = (time, time)
                    writers[who].floor = time
                } catch EventRefusal.late {
                    try demand(before != nil, "nothing was too late")
                }
            }
        }
    }

    @Test(
        "what is no time is refused",
        arguments: ["", "-1", "+1", "1.5", "1e3", " 1", "1 ", "0x1", "1234567890123456", "soon", "1, 2", "٣"])
    func malformed(text: String) {
        for name in ["Converge-After", "Converge-Before"] {
            #expect(throws: EventRefusal.malformed("\(name): not milliseconds since 1970, a whole number of at most 15 digits"))
            {
                try StampBounds(HTTPRequest(method: "PATCH", path: "/", headers: HTTPHeaders([(name, text)])))
            }
        }
    }

    @Test("entities that are ahead are bounded, and forgotten once the clock is past them")
    func bounded() {
        var ahead = StampsAhead()
        for number in 0..<Int64(2 * StampsAhead.countMax) { ahead.keep("\(number)", 1_000 + number, now: 0) }
        #expect(ahead.least("0") == .min)
        #expect(ahead.least("\(2 * StampsAhead.countMax - 1)") == 1_000 + Int64(2 * StampsAhead.countMax))
        ahead.keep("new", 10_000, now: 9_000)
        #expect(ahead.least("\(2 * StampsAhead.countMax - 1)") == .min && ahead.least("new") == 10_001)
    }
}
