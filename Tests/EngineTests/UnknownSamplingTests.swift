import ContactCenter
import Simulation
import TestSupport
import Testing

@testable import Engine
@testable import EngineCore
@testable import EngineSupport

/// Which objects of no known shape go to the dead letters.
@Suite("samples of unknown objects", .limited)
struct UnknownSamplingTests {
    private static func unknown(_ count: Int, _ name: String = "hello") -> [Line] {
        (0..<count).map { Line(bytes: Array("{\"\(name)\":\($0)}".utf8)) }
    }

    private func letters(_ lines: [[Line]], keepsAll: Bool = false, workers: Int = 1) throws -> (
        reasons: [String], totals: Totals
    ) {
        let box = LetterBox()
        var options = PipelineOptions(shards: workers)
        options.keepsUnknown = keepsAll
        let pipeline = Pipeline(
            source: LineSource(lines), store: nil, storeMayHoldRows: false, deadLetters: box, options: options)
        try pipeline.run()
        return (box.durable.map(\.reason), pipeline.progress)
    }

    @Test("a few unknown objects among many events are only counted, by kind", arguments: [1, 3])
    func few(workers: Int) throws {
        let events = traffic(300, withGarbage: false)
        let lines = events + UnknownSamplingTests.unknown(9) + events + UnknownSamplingTests.unknown(20, "other")
        let (reasons, totals) = try letters([lines], workers: workers)
        #expect(reasons == [])
        #expect(totals.unknownKinds == ["hello": 9, "other": 20])
        #expect(totals.deadLetters == [:])
    }

    @Test("with --keep-unknown samples of each kind are kept, up to the limit", arguments: [1, 3])
    func kept(workers: Int) throws {
        let events = traffic(300, withGarbage: false)
        let (reasons, totals) = try letters(
            [events + UnknownSamplingTests.unknown(1), events + UnknownSamplingTests.unknown(2_000, "other")], keepsAll: true,
            workers: workers)
        #expect(Set(reasons) == ["unknown-shape"])
        #expect(reasons.count == 1 + UnknownSampling.samplesMax)
        #expect(totals.deadLetters == ["unknown-shape": reasons.count])
        #expect(totals.unknown == 2_001)
    }

    @Test("samples of a partition are kept without --keep-unknown if more than a tenth of it is unknown")
    func much() throws {
        let events = traffic(300, withGarbage: false)
        let box = LetterBox()
        let pipeline = Pipeline(
            source: LineSource([
                events + UnknownSamplingTests.unknown(20), UnknownSamplingTests.unknown(500), UnknownSamplingTests.unknown(9),
            ]),
            store: nil, storeMayHoldRows: false, deadLetters: box, options: PipelineOptions(shards: 2))
        try pipeline.run()
        #expect(Set(box.durable.map(\.partition)) == ["1"])
        #expect(!box.durable.isEmpty && box.durable.count <= UnknownSampling.samplesMax)
        #expect(box.durable.allSatisfy { $0.bytes.starts(with: Array("{\"hello\":".utf8)) })
    }

    @Test("kinds beyond the limit count as one kind, for counts and samples")
    func bound() throws {
        let lines = (0..<300).map { Line(bytes: Array("{\"key\($0)\":1}".utf8)) }
        let (reasons, totals) = try letters([lines], keepsAll: true)
        #expect(totals.unknownKinds.count == UnknownObjects.kindsMax + 1)
        #expect(totals.unknownKinds.values.reduce(0, +) == 300)
        #expect(reasons.count >= UnknownObjects.kindsMax)
        #expect(reasons.count <= UnknownObjects.kindsMax + UnknownSampling.samplesMax)
    }
}
