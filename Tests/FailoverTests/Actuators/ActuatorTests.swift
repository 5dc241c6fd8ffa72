import FailoverCore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Failover

@Suite("Actuators on threads of their own", .waiting(minutes: 5))
struct ActuatorTests {
    /// Something in memory that is followed, and that can hang.
    final class Lamp: Followable {
        struct State {
            var value = "as it was"
            var written: [String] = []
            var failures: [String] = []
            var isFailing = false
        }

        let name: String
        let state = Mutex(State())
        private let gate = Monitor()
        private let isOpen: Flag

        final class Flag: @unchecked Sendable { var isSet = true }

        init(_ name: String, hangs: Bool = false) {
            self.name = name
            isOpen = Flag()
            isOpen.isSet = !hangs
        }

        func open() {
            gate.locked {
                isOpen.isSet = true
                gate.broadcast()
            }
        }

        private func pass() { gate.locked { while !isOpen.isSet { gate.wait() } } }

        func value(for intent: Intent, isPending: Bool) -> String? { "term \(intent.term)\(isPending ? ", pending" : "")" }

        func look() -> Follower<String>.Sight {
            pass()
            return state.withLock { $0.isFailing ? .failed("it is dark") : .found(.init($0.value)) }
        }

        func apply(_ value: String, term: Int64) -> String? {
            pass()
            return state.withLock { state in
                state.written.append(value)
                if state.isFailing { return "no hand" }
                state.value = value
                return nil
            }
        }
    }

    final class Said: Sendable {
        let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    static var quick: FollowerPolicy {
        var policy = FollowerPolicy()
        policy.backoff = Backoff(first: 1, ceilingMax: 10)
        policy.watchMilliseconds = 5
        policy.readBackMilliseconds = 5
        return policy
    }

    @Test("one that hangs is in nobody's way: another one applies, and is told so")
    func hangs() throws {
        let (hung, lamp) = (Lamp("hung", hangs: true), Lamp("lamp"))
        let said = Said()
        let actuators = Actuators([hung, lamp].map { FollowingActuator($0, policy: Self.quick, say: said.add) })
        #expect(actuators.start() == [])
        actuators.follow(Intents.view([]))
        actuators.follow(Intents.view([Intents.to(west: 100, term: 1)]))
        try eventually("the lamp has term 1: \(actuators.statuses)") { actuators.all[1].status.appliedTerm == 1 }
        #expect(actuators.statuses[1].state == .applied)
        #expect(actuators.statuses[0].appliedTerm == 0)
        #expect(lamp.state.withLock { $0.value } == "term 1")
        hung.open()
        try eventually("the other one has it, too: \(actuators.statuses)") { actuators.all[0].status.appliedTerm == 1 }
        actuators.stop()
        #expect(said.all.contains("lamp: term 1 is applied"))
    }

    @Test("what an intent asks for follows the groups: it is pending until they show it, and never where it was found")
    func pending() throws {
        let lamp = Lamp("lamp")
        let actuator = FollowingActuator(lamp, policy: Self.quick) { _ in }
        #expect(actuator.start())
        defer { actuator.stop() }
        let steps: [(Intent, ActingMark.State?, String)] = [
            (Intents.to(west: 100, term: 1), nil, "term 1, pending"),
            (Intents.to(west: 100, term: 1), .sending, "term 1, pending"),
            (Intents.to(west: 100, term: 1), .fulfilled, "term 1"),
            (Intents.to(west: 50, term: 2, cause: .adopted), nil, "term 2"),
        ]
        for (intent, mark, value) in steps {
            actuator.follow(mark.map { Intents.view([intent], mark: $0) } ?? ControlView(terms: [intent]))
            try eventually("\(value) is there, not \(lamp.state.withLock { $0.value })") {
                lamp.state.withLock { $0.value } == value
            }
        }
    }

    @Test("failures are told once, tried again, and told to be over")
    func tells() throws {
        let (lamp, said) = (Lamp("lamp"), Said())
        let actuator = FollowingActuator(lamp, policy: Self.quick, say: said.add)
        actuator.follow(Intents.view([]))
        #expect(actuator.start())
        defer { actuator.stop() }
        lamp.state.withLock { $0.isFailing = true }
        let view = Intents.view([Intents.to(west: 100, term: 1)])
        try eventually("it is tried five times") {
            actuator.follow(view)
            return lamp.state.withLock { $0.written.count } >= 5
        }
        lamp.state.withLock { $0.isFailing = false }
        try eventually("it is there: \(actuator.status)") {
            actuator.follow(view)
            return actuator.status.state == .applied && actuator.status.exercise?.isOK == true
        }
        actuator.stop()
        let failing = said.all.filter { $0 == "lamp: term 1 is not applied yet: no hand; retrying" }
        #expect(failing.count == 1)
        #expect(said.all.contains { $0.hasPrefix("lamp: works again after") })
        #expect(said.all.filter { $0 == "lamp: an exercise failed: it is dark" }.count >= 1)
    }
}

@Suite("Notices to one receiver", .waiting(minutes: 5))
struct TellingActuatorTests {
    /// A receiver in memory.
    final class Ear: Tellable {
        let name = "ear"
        let heard = Mutex<[NoticeEvent]>([])
        let isDeaf = Mutex(false)

        func send(_ message: NoticeEvent) -> NoticeQueue.Answer {
            if isDeaf.withLock({ $0 }) { return .failed("deaf") }
            heard.withLock { $0.append(message) }
            return .delivered
        }

        func exercise() -> [String] { isDeaf.withLock { $0 } ? ["deaf"] : [] }

        var keys: [String] { heard.withLock { $0.map(\.key) } }
    }

    static func actuator(_ ear: Ear) -> TellingActuator<Ear> {
        var policy = NoticeQueue.Policy()
        policy.backoff = Backoff(first: 1, ceilingMax: 10)
        return TellingActuator(ear, region: Intents.west, policy: policy) { _ in }
    }

    @Test("what is committed for the own Region is told once; the other Region's controllers tell theirs")
    func committed() throws {
        let ear = Ear()
        let actuator = Self.actuator(ear)
        #expect(actuator.start())
        defer { actuator.stop() }
        let old = Intents.to(west: 100, term: 1, at: Timestamp.now.milliseconds - 3_600_000)
        let young = Intents.to(west: 50, term: 2)
        let other = Intents.to(west: 0, term: 3, actor: Intents.east)
        for _ in 0..<3 { actuator.follow(Intents.view([other, young, old])) }
        actuator.follow(Intents.view([Intents.to(west: 100, term: 4), other, young, old]))
        try eventually("two are told: \(ear.keys)") { ear.keys.count == 2 }
        try eventually("it is exercised") { actuator.status.exercise?.isOK == true }
        #expect(ear.keys == ["2-committed", "4-committed"])
        #expect(actuator.status.appliedTerm == 4)
    }

    @Test("of other notices the kinds that are wanted are told, by one who is deaf later")
    func kinds() throws {
        let ear = Ear()
        ear.isDeaf.withLock { $0 = true }
        let actuator = Self.actuator(ear)
        #expect(actuator.start())
        defer { actuator.stop() }
        for kind in [JournalEntry.Kind.suspected, .verified, .sent, .foreign] {
            actuator.tell(
                Notice(JournalEntry(kind: kind, term: 5, author: "a", at: 1, lines: []), of: nil, by: "a"))
        }
        try eventually("it was tried: \(actuator.status)") { actuator.status.failures > 3 }
        ear.isDeaf.withLock { $0 = false }
        try eventually("two are told: \(ear.keys)") { ear.keys.count == 2 }
        #expect(Set(ear.keys) == ["5-verified", "5-foreign"])
    }

    @Test("a notice is a CloudEvent without a person in it")
    func event() {
        let intent = Intents.to(west: 100, term: 7, at: 1_764_500_000_000)
        let shares = #""telephony":{"us-east-1":0,"us-west-2":100},"agents":{"us-east-1":0,"us-west-2":100}"#
        let expected =
            #"{"specversion":"1.0","id":"7-committed","source":"/converge/failover/us-west-2","type":"converge.failover.v1","#
            + #""subject":"committed","time":"2025-11-30T10:53:20.000Z","datacontenttype":"application/json","data":{"kind":"committed","#
            + #""term":7,"cause":"automatic","region":"us-west-2","groups":[{"arn":"\#(intent.groups[0].group)",\#(shares)}],"#
            + #""lines":["because"]}}"#
        let event = NoticeEvent(Notice(committed: intent), region: "us-west-2")
        #expect(String(decoding: event.json, as: UTF8.self) == expected)
        #expect(event.headline == "Converge failover: term 7 committed, to us-west-2")
    }
}
