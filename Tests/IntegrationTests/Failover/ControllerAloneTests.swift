import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("a controller without a worker", .waiting(minutes: 10))
    struct ControllerAloneTests {
        private let east = FailoverWorld.east
        private let west = FailoverWorld.west

        @Test("what there is to lose it knows by the tables of its Region: it moves when the other one is lost")
        func moves() throws {
            let world = try FailoverWorld(agents: 20, .short)
            try world.make()
            let eastern = try world.worker(east)
            try world.connect.open(within: 1)
            try eventually("the agents of \(east) are known in \(west)", of: [eastern]) {
                try world.agentsKnown(in: west) == 20
            }
            let controller = try world.controller(west)
            try eventually("both controllers live: \(controller.errorsSoFar)", of: [eastern]) {
                try world.status(at: west).alive == [east, west]
            }
            #expect(try world.shares() == [east: 100, west: 0])
            try world.lose(east)
            eastern.signal(SIGKILL)
            try eventually("everything is in \(west)") {
                try #require(controller.isRunning, "\(controller.errorsSoFar)")
                return try world.shares() == [east: 0, west: 100]
            }
            let moved = try #require(try world.history().first { $0.kind == "suspected" })
            #expect(moved.author.hasPrefix(west))
            // As many as were not overdue yet when it was suspected.
            let volume = "agents were online in \(east), 5 are the least"
            #expect(moved.lines.contains { $0.hasPrefix("volume: ") && $0.hasSuffix(volume) }, "\(moved.lines)")
        }
    }
}
