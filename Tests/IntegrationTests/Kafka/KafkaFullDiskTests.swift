import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite(
        "a full disk under the worker on Kafka",
        .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"))
    struct KafkaFullDiskTests {
        @Test(
            "a full disk ends the worker with exit code 1, the path and what to do; with free space it continues and nothing is lost"
        )
        func state() throws {
            let scratch = try Scratch()
            let disk = try #require(SmallFileSystem("2m"))
            let broker = try Broker()
            let lines = try Array(Captures.large.get().prefix(12_000))
            try broker.create("events", partitions: 2)
            try broker.produce(lines, to: "events", partitions: 2)
            let state = "\(disk.path)/state"
            let flags = broker.flags(topics: "events", state: state)
            let worker = try KafkaWorker(flags, in: scratch)
            let ended = try worker.program.wait()
            #expect(ended.code == 1 && !ended.wasKilled)
            let message = try #require(worker.entries("run.failed").first?["message"] as? String, "\(worker.log)")
            for part in [state, "no space left", "free space"] { #expect(message.contains(part), "\(message)") }

            #expect(mount("tmpfs", disk.path, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
            try KafkaWorker.toEnd(flags, in: scratch)
            #expect(try scratch.digest(of: state) == scratch.digest(ofLines: lines))
        }
    }
}
