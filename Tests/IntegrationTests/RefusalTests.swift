import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("refusals of the command line")
    struct RefusalTests {
        private let scratch: Scratch

        init() throws {
            scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().prefix(1_000).jsonLines)
        }

        /// Fails with code 1 and a message that holds each of `parts`.
        private func expectFailure(_ ended: Ended, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(ended.code == 1, sourceLocation: sourceLocation)
            #expect(!ended.wasKilled, sourceLocation: sourceLocation)
            for part in parts { #expect(ended.errors.contains(part), "\(ended.errors)", sourceLocation: sourceLocation) }
        }

        @Test("a state that another process has open is refused, without effect on that process")
        func inUse() throws {
            // A state larger than a pipe holds, sent to a reader that waits: the process stands still with its state open.
            let pipe = Pipe()
            let holder = try scratch.start(
                "replay", "a.jsonl", "--state", "s", "--output", "-", output: pipe.fileHandleForWriting)
            try pipe.fileHandleForWriting.close()
            let first = try #require(try pipe.fileHandleForReading.read(upToCount: 1))
            expectFailure(
                try scratch.converge("replay", "a.jsonl", "--state", "s"), "the state at s", "another worker has it open")
            // Readers take no lock.
            #expect(try scratch.converge("show", "--state", "s").code == 0)
            #expect(holder.isRunning)
            let rest = try #require(try pipe.fileHandleForReading.readToEnd())
            let ended = try holder.wait()
            #expect(ended.code == 0)
            #expect(try sha256(first + rest) == scratch.digest(ofCaptures: "a.jsonl"))
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").code == 0)
        }

        @Test("a directory with other files is not a state, and nothing is written to it")
        func notAState() throws {
            try scratch.write("mine/letter.txt", "dear all")
            for command in [["replay", "a.jsonl", "--state"], ["show", "--state"], ["digest"]] {
                expectFailure(try Program(command + ["mine"], in: scratch).wait(), "mine", "the directory contains other files")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("mine")) == ["letter.txt"])
            expectFailure(try scratch.converge("show", "--state", "nowhere"), "nowhere", "No such file or directory")
        }

        @Test("the error for a path that cannot be read contains the path and the reason")
        func unreadable() throws {
            try scratch.write("empty/notes.md", "no capture")
            mkfifo(scratch.path("fifo"), 0o600)
            for command in [["replay", "--memory"], ["verify"], ["explain", "agent", "x", "--from"]] {
                expectFailure(
                    try Program(command + ["gone.jsonl"], in: scratch).wait(), "gone.jsonl", "No such file or directory")
                expectFailure(try Program(command + ["a.jsonl/b"], in: scratch).wait(), "a.jsonl/b", "Not a directory")
                expectFailure(try Program(command + ["empty"], in: scratch).wait(), "no captures in directory empty")
                expectFailure(try Program(command + ["fifo"], in: scratch).wait(), "cannot read fifo")
            }
            expectFailure(try scratch.converge("digest", "gone"), "gone", "No such file or directory")
            expectFailure(try scratch.converge("join", "gone", "--output", "o"), "gone", "No such file or directory")
            #expect(!scratch.exists("o"))
        }

        @Test(
            "the error for a file without permission contains its name",
            .disabled(if: geteuid() == 0, "everything is permitted to root"))
        func notPermitted() throws {
            chmod(scratch.path("a.jsonl"), 0)
            expectFailure(try scratch.converge("replay", "--memory", "a.jsonl"), "cannot open a.jsonl", "Permission denied")
        }

        @Test(
            "a state is continued only with the options that it was built with",
            arguments: [
                ["--max-skew", "1h"], ["--now", "2026-03-02T14:00:00Z"], ["--customer-attribute", "loyaltyId"],
            ])
        func otherMeaning(options: [String]) throws {
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").code == 0)
            let ended = try Program(["replay", "a.jsonl", "--state", "s"] + options, in: scratch).wait()
            expectFailure(
                ended, "the state in s was built with other options",
                "built with: --max-skew 300000ms --now none --customer-attribute customerId")
            #expect(try scratch.converge("replay", "a.jsonl", "--state", "s").code == 0)
        }

        @Test("a file that changed since it was read is refused, and the state does not change")
        func changed() throws {
            let before = try scratch.converge("replay", "a.jsonl", "--state", "s").digest
            try scratch.write("a.jsonl", Captures.small.get()[1...1_001].jsonLines)
            expectFailure(
                try scratch.converge("replay", "a.jsonl", "--state", "s"), "a.jsonl is not the file that was read before")
            #expect(try scratch.converge("digest", "s").digest == before)
        }

        @Test(
            "the error for an invalid state file contains the line",
            arguments: ["{}\n", "nonsense\n", "{\"kind\":\"agent\",\"id\":1}\n"])
        func notAStateFile(text: String) throws {
            #expect(try scratch.converge("replay", "a.jsonl", "--memory", "--output", "state.jsonl").code == 0)
            let whole = try scratch.lines("state.jsonl")
            try scratch.write("broken.jsonl", [whole[0], whole[1]].jsonLines + text)
            expectFailure(try scratch.converge("digest", "broken.jsonl"), "broken.jsonl:3 is not a line of a state file")
            expectFailure(try scratch.converge("join", "broken.jsonl", "--output", "o"), "broken.jsonl:3")
            #expect(!scratch.exists("o") && !scratch.exists("o.partial"))
        }

        @Test(
            "a full disk of the state stops the replay, and with free space it continues to the same digest",
            .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"))
        func fullState() throws {
            let disk = try #require(SmallFileSystem("2m"))
            try scratch.write("a.jsonl", Captures.large.get().prefix(12_000).jsonLines)
            let state = "\(disk.path)/s"
            expectFailure(
                try scratch.converge("replay", "a.jsonl", "--state", state, "--flush-bytes", "1m"), state, "no space left")
            #expect(mount("tmpfs", disk.path, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
            let ended = try scratch.converge("replay", "a.jsonl", "--state", state, "--flush-bytes", "1m")
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(try ended.digest == scratch.digest(ofCaptures: "a.jsonl"))
        }

        @Test(
            "a full disk of --output is an error and leaves no partial file",
            .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"))
        func fullOutput() throws {
            let disk = try #require(SmallFileSystem("100k"))
            expectFailure(
                try scratch.converge("replay", "a.jsonl", "--memory", "--output", "\(disk.path)/out"), disk.path,
                "No space left on device")
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
        }

        @Test("dead letters that cannot be written stop the replay before the positions of their records are stored")
        func deadLettersNowhere() throws {
            try scratch.write("b.jsonl", "broken\n")
            expectFailure(
                try scratch.converge("replay", "b.jsonl", "--state", "s", "--dead-letters", "nowhere/letters"),
                "nowhere/letters",
                "no record is lost")
            let ended = try scratch.converge("replay", "b.jsonl", "--state", "s", "--format", "json")
            #expect(try ended.json()["records"] as? Int == 1)
            #expect(try scratch.lines("s/dead-letters.jsonl").count == 1)
        }
    }
}
