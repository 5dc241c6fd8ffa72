import Foundation
import Testing

extension ProgramTests {
    @Suite("kill -9")
    struct CrashTests {
        /// Four files of several forms, with a broken line every now and then.
        private func capture(in scratch: Scratch) throws {
            let lines = try Captures.large.get().enumerated().flatMap { number, line in
                number % 150 == 0 ? [line, "{\"broken\":\(number)"] : [line]
            }
            let parts = (0..<4).map { lines.part($0, of: 4).jsonLines }
            try scratch.write("in/a.jsonl", parts[0])
            try scratch.write("in/b.jsonl", parts[1])
            try scratch.write("in/c.jsonl.gz", gzipped(parts[2]))
            try scratch.write("in/d.jsonl.zst", zstdCompressed(parts[3]))
        }

        private struct Letter: Hashable {
            var stream: String
            var position: String
            var data: String
        }

        /// A crash may cut off a line, and the next run may tell a letter again.
        private func letters(_ path: String, in scratch: Scratch) throws -> Set<Letter> {
            try Set(
                scratch.lines(path).compactMap { line in
                    guard let letter = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                        let stream = letter["stream"] as? String, let position = letter["position"] as? String,
                        let data = letter["data"] as? String
                    else { return nil }
                    return Letter(stream: stream, position: position, data: data)
                })
        }

        private func replay(_ state: String, in scratch: Scratch) throws -> Program {
            try scratch.start("replay", "in", "--state", state, "--flush-bytes", "1m", "--format", "json")
        }

        @Test("after twenty kill -9 at random times, a replay has the digest and dead letters of an undisturbed run")
        func random() throws {
            let scratch = try Scratch()
            try capture(in: scratch)
            let start = ContinuousClock.now
            let whole = try replay("undisturbed", in: scratch).wait()
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(whole.code == 0)
            let wholeLetters = try letters("undisturbed/dead-letters.jsonl", in: scratch)
            #expect(wholeLetters.count == 160)

            var kills = 0
            var killsAfterFlush = 0
            var completed = 0
            var isEnough: Bool { kills >= 20 && (killsAfterFlush >= 3 || kills >= 60) }
            while !isEnough || completed == 0 {
                let state = "state-\(completed)"
                let program = try replay(state, in: scratch)
                // Once it was killed often enough it may end. It may also just have ended when the kill comes.
                if !isEnough, !program.ends(within: Double.random(in: 0...(seconds * 0.6))) { program.stop() }
                let ended = try program.wait()
                if ended.wasKilled {
                    kills += 1
                    // What a kill leaves can be looked at.
                    let shown = try scratch.converge("show", "agent", "--state", state)
                    if shown.code == 0, !shown.output.isEmpty { killsAfterFlush += 1 }
                } else {
                    #expect(ended.code == 0, "\(ended.errors)")
                    #expect(ended.digest == whole.digest)
                    #expect(try letters("\(state)/dead-letters.jsonl", in: scratch) == wholeLetters)
                    completed += 1
                }
            }
            #expect(killsAfterFlush >= 3, "of \(kills) kills only so many came after a flush: the capture is too small")
        }
    }
}
