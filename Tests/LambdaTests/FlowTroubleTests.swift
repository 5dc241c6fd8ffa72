import Foundation
import TestSupport
import Testing

@testable import Lambda
@testable import Observability
@testable import Platform

@Suite("a flow is answered whatever happens", .limited)
struct FlowTroubleTests {
    private let world: FlowWorld

    init() throws { world = try FlowWorld() }

    /// Every answer has to be such: exactly these keys, all texts, below 32 KB.
    static func check(_ answer: FlowAnswer, _ keys: Set<String>) throws {
        let bytes = answer.bytes(.stringMap)
        try demand(bytes.count < 32 << 10, "\(bytes.count) bytes")
        let root = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        try demand(Set((root ?? [:]).keys) == keys, "other keys: \(root?.keys.sorted() ?? [])")
        for (key, value) in root ?? [:] {
            guard let text = value as? String else { throw Violation("\(key) is no text: \(value)") }
            try demand(
                text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(key) has a control character")
        }
    }

    private static let keys = Set(FlowAnswer.defaults.map(\.key) + ["variable_cart", "variable_size"])

    @Test(
        "a table that is away, and one that hangs: the same keys, in time, with the reason",
        arguments: [FlowWorld.Mood.dead, .hanging])
    func trouble(mood: FlowWorld.Mood) throws {
        world.mood = mood
        let function = try world.function()
        let outcome = function.ask(try FlowWorld.event(phone: "+442079460018"), limit: mood == .hanging ? 30 : 7_000)
        try Self.check(outcome.answer, Self.keys)
        #expect(outcome.answer["found"] == "false" && outcome.answer["reason"] == (mood == .dead ? "table" : "time-out"))
        // Who waited until the deadline knows of nothing that was waited for.
        #expect((outcome.outsideMilliseconds > 0) == (mood == .dead))
        world.free()
    }

    @Test("while too many hang, the next are answered at once; and once those have ended, all is well again")
    func busy() throws {
        world.mood = .hanging
        let function = try world.function()
        let event = try FlowWorld.event(phone: "+442079460018")
        for _ in 0..<FlowFunction.hangingMax { #expect(function.ask(event, limit: 5).answer["reason"] == "time-out") }
        #expect(function.ask(event).answer["reason"] == "busy")
        world.mood = .well
        world.free()
        try eventually("it answers again") { function.ask(event).answer["found"] == "true" }
    }

    @Test("a deadline that is over is answered without a read")
    func late() throws {
        for limit in [0, -5_000, Int64.min] as [Int64] {
            #expect(
                try world.function().ask(FlowWorld.event(phone: "+442079460018"), limit: limit).answer["reason"] == "time-out")
        }
        #expect(world.reads.isEmpty)
    }

    @Test(
        "what is no event of a flow is answered all the same",
        arguments: [
            "", "{", "null", "[]", "7", "{}", #"{"Details":null}"#, #"{"Details":{"ContactData":[]}}"#,
            #"{"Details":{"ContactData":{"ContactId":""}}}"#, #"{"Details":{"ContactData":{"ContactId":7}}}"#,
            #"{"Details":{"ContactData":{"ContactId":"\#(String(repeating: "c", count: 201))"}}}"#, "\u{0}\u{1}",
            String(repeating: "[", count: 100_000),
        ])
    func malformed(event: String) throws {
        let outcome = try world.function().ask(Array(event.utf8))
        try Self.check(outcome.answer, Self.keys)
        #expect(outcome.answer["reason"] == "malformed")
    }

    @Test("an enormous event is answered, and not read")
    func enormous() throws {
        let event =
            Array(#"{"Details":{"ContactData":{"ContactId":"c","Attributes":{"a":""#.utf8)
            + [UInt8](repeating: UInt8(ascii: "x"), count: 6 << 20) + Array(#""}}}}"#.utf8)
        let outcome = try world.function().ask(event)
        try Self.check(outcome.answer, Self.keys)
        #expect(outcome.answer["reason"] == "too-large")
    }

    @Test("members that nobody knows, and parameters of other types, do not matter")
    func unknown() throws {
        let event =
            #"{"Name":"ContactFlowEvent","New":[{}],"Details":{"ContactData":{"ContactId":"c","Queue":"arn:old","CustomerEndpoint":{"Address":"+442079460018","Type":"TELEPHONE_NUMBER","Extra":1},"Tags":{"a":{}},"SegmentAttributes":{"x":{"ValueString":"y"}}},"Parameters":{"deep":{"a":[1]},"n":7,"customerId":"","t":true}}}"#
        let outcome = try world.function().ask(Array(event.utf8))
        #expect(outcome.answer["customerId"] == "cust-6001")
    }

    @Test("whatever comes: the same keys, all texts, below 32 KB")
    func property() throws {
        let function = try world.function()
        let good = try FlowWorld.event(
            ["customerId": "cust-6001", "position": "p", "variable_cart": "c"], phone: "+442079460018")
        forAll(300) { dice in
            var event = good
            for _ in 0..<dice.below(6) {
                let at = dice.below(event.count)
                switch dice.below(3) {
                case 0: event[at] = UInt8(dice.below(256))
                case 1: event.removeSubrange(at..<min(event.count, at + dice.below(20)))
                default: event.insert(contentsOf: Array(#""\u0000{"[0]"}"#.utf8), at: at)
                }
            }
            world.mood = dice.below(4) == 0 ? .dead : .well
            try Self.check(function.ask(event).answer, Self.keys)
        }
        // Facts as long and as bad as they come.
        forAll(300) { dice in
            let names = (0..<FlowAnswer.variablesMax).map { "v\($0)" + String(repeating: "n", count: 60) }
            var answer = FlowAnswer(variables: names)
            let bad = ["\"", "\\", "\u{0}", "\u{2028}", "é", "🙂", "x", "\n"]
            func text() -> String { String(repeating: bad[dice.below(bad.count)], count: dice.below(2_000)) }
            for (key, _) in FlowAnswer.defaults { dice.below(2) == 0 ? answer.set(key, text()) : answer.set(key, id: text()) }
            for name in names { answer.set(variable: name, text()) }
            try Self.check(answer, Set(FlowAnswer.defaults.map(\.key) + names.map { "variable_\($0)" }))
            answer.context = Array("{\"a\":\"\(String(repeating: "y", count: 40_000))\"}".utf8)
            try demand(answer.bytes(.json).count < 32 << 10, "with a context")
        }
    }

    @Test("the log says what came of an invocation, and nothing of a person")
    func log() throws {
        let lines = Lines()
        let function = try world.function(log: Log(format: .lambda, sink: lines))
        for event in [
            try FlowWorld.event(phone: "+442079460018"), try FlowWorld.event(["action": "save", "position": "cart of Maja"]),
        ] {
            function.tell(function.ask(event), requestID: "r-1", trace: "Root=1-5", milliseconds: 1.5)
        }
        world.mood = .dead
        function.tell(function.ask(try FlowWorld.event(phone: "+442079460018")), requestID: "r-2", trace: nil, milliseconds: 1)
        #expect(lines.all.count == 4)
        let text = lines.all.joined()
        for secret in ["2079460018", "cust-6001", "Maja", FlowWorld.secret] { #expect(!text.contains(secret)) }
        let first = try #require(try JSONSerialization.jsonObject(with: Data(lines.all[0].utf8)) as? [String: Any])
        #expect(first["level"] as? String == "INFO" && first["timestamp"] != nil && first["requestId"] as? String == "r-1")
        #expect(first["found"] as? String == "true" && first["rounds"] as? Int ?? 0 > 1)
        #expect(text.contains(#""level":"ERROR""#) && text.contains("the table is away"))
    }
}
