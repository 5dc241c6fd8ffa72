import ContactCenter
import Foundation
import Lattice
import TestSupport
import Testing
import Writing

@testable import Lambda
@testable import Platform

@Suite("what a flow saves", .limited)
struct FlowSaveTests {
    private let world: FlowWorld

    init() throws { world = try FlowWorld() }

    private static let cart = ["action": "save", "position": "ask-date", "flow": "Orders", "variable_cart": "two red shoes"]

    @Test("position and variables become one event of the contact, stamped and signed as an endpoint does it")
    func event() throws {
        let outcome = try world.function().ask(FlowWorld.event(Self.cart, contact: "c-9"))
        #expect(outcome.answer["saved"] == "true" && outcome.answer["reason"] == "" && outcome.answer["found"] == "false")
        #expect(outcome.outsideMilliseconds > 0)
        let text = try #require(world.put.first)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(root["subject"] as? String == "c-9" && root["type"] as? String == "converge.flow.v1")
        #expect(root["time"] as? String == "2026-03-06T13:00:00.000Z" && root["region"] as? String == "us-east-1")
        #expect((root["convergesignature"] as? String)?.contains(".") == true)
        #expect((root["data"] as? [String: String]) == ["position": "ask-date", "flow": "Orders", "cart": "two red shoes"])
        // Another endpoint takes it as it is.
        var other = EventAcceptor(region: "us-west-2", keys: try #require(EventKeys([Secret(FlowWorld.secret)])))
        let taken = try other.accept(Array(text.utf8), now: FlowWorld.now) { _, _ in nil }
        #expect(taken.bytes == Array(text.utf8))
        // And a worker merges it.
        let batch = MutationBatch(sliceCount: 1)
        Array(text.utf8).withUnsafeBytes { RecordDecoder().decode($0, arrival: nil, index: 0, into: batch) }
        #expect(batch.mutations(ofSlice: 0).count == 1)
    }

    @Test("an invocation that is repeated tells the same event; a place that is come to again is told anew")
    func repeated() throws {
        let function = try world.function()
        for position in ["menu", "menu", "pay", "menu"] {
            _ = function.ask(try FlowWorld.event(["action": "save", "position": position]))
        }
        let put = world.put
        try #require(put.count == 4)
        #expect(put[0] == put[1])
        let times = put.compactMap { text in
            ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any])?["time"] as? String
        }
        #expect(times[1] < times[2] && times[2] < times[3])
    }

    @Test(
        "what cannot be saved whole is not saved at all",
        arguments: [
            ["action": "save"], ["action": "save", "position": ""], ["action": "save", "position": "p", "variable_": "x"],
            ["action": "save", "position": "p", "variable_a b": "x"],
            ["action": "save", "position": "p", "variable_position": "q"],
            ["action": "save", "position": "p", "variable_a": String(repeating: "x", count: 4097)],
        ])
    func refused(parameters: [String: String]) throws {
        let outcome = try world.function().ask(FlowWorld.event(parameters))
        #expect(outcome.answer["saved"] == "false" && outcome.answer["reason"] == "nothing-to-save")
        #expect(world.put.isEmpty)
    }

    @Test("a stream that does not take it, or hangs, is said, in time", arguments: [FlowWorld.Mood.dead, .hanging])
    func stream(mood: FlowWorld.Mood) throws {
        world.mood = mood
        let outcome = try world.function().ask(FlowWorld.event(Self.cart), limit: mood == .hanging ? 30 : 7_000)
        #expect(outcome.answer["saved"] == "false" && outcome.answer["reason"] == (mood == .dead ? "stream" : "time-out"))
        world.free()
    }

    @Test("without a stream nothing can be saved")
    func noStream() throws {
        var settings = try FlowWorld.settings()
        settings.writing = nil
        let function = FlowFunction(settings, reading: world, writing: nil, .init(format: .lambda, sink: Lines()))
        #expect(function.ask(try FlowWorld.event(Self.cart)).answer["reason"] == "cannot-save")
    }
}
