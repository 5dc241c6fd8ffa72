import TestSupport
import Testing

@testable import Simulation

/// What the unoptimised build can do in the time; `make simulate` runs many more seeds.
@Suite("the story of a feed", .limited)
struct FeedStoryTests {
    @Test(
        "nothing is lost, no position means two things, and clients know all in the end",
        arguments: 1...8 as ClosedRange<UInt64>)
    func fixed(seed: UInt64) {
        let story = FeedStory.run(seed: seed)
        #expect(story.violations == [])
        #expect(story.figures.batches > 0)
    }

    @Test("a seed always gives the same history")
    func determinism() {
        let histories = (0..<2).map { _ in
            var lines: [String] = []
            _ = FeedStory.run(seed: 5) { lines.append($0) }
            return lines
        }
        #expect(histories[0].count > 10)
        #expect(histories[0] == histories[1])
    }

    @Test("a mutant is caught", arguments: [FeedMutant.numberTwice, .trustLostBatch, .quietByRow, .startAtEnd, .readToNow])
    func mutant(mutant: FeedMutant) {
        #expect((1...20 as ClosedRange<UInt64>).contains { !FeedStory.run(seed: $0, mutant: mutant).violations.isEmpty })
    }
}
