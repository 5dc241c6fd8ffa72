import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    @Suite("converge serve and a failover", .waiting(minutes: 10))
    struct ServeFailoverTests {
        private let west = FailoverWorld.west

        @Test("clients hear of a failover from the intent on, of a process that watches over none")
        func told() throws {
            let world = try FailoverWorld(agents: 5, .short)
            try world.make()
            let controller = try world.controller(west)
            try eventually("what is in force is the first term: \(controller.errorsSoFar)") {
                try world.status(at: west).term == 1
            }
            let served = try world.served(west, "--http-changes")
            let path = try world.scratch.write("told.sse", "")
            let client = Process()
            client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            client.arguments = ["curl", "-sN", "http://\(served.address)/v1/changes"]
            client.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            client.standardInput = FileHandle.nullDevice
            try client.runBound()
            defer { kill(client.processIdentifier, SIGKILL) }
            var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
            try eventually("it listens") { text.contains("retry: ") }
            #expect(!text.contains("event: failover"))

            // Connect answers two requests a second, and a controller asks, too: a person tries again.
            var said = ""
            try eventually("the move is taken: \(said)", every: 1) {
                let ended = try world.command("move", "--to", west, "--why", "a test", "--by", "ann", "--yes", at: west)
                said = ended.text + ended.errors
                return ended.code == 0
            }
            try eventually("it is told that all has moved: \(text)") { text.contains(#""state":"moved""#) }
            #expect(text.contains(#""why":"a test""#), "\(text)")
            try served.drain()
        }
    }
}
