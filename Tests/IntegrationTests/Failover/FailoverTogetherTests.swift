import Foundation
import Servers
import Testing

extension ProgramTests {
    /// False alarms that need no emulators.
    @Suite("several who would act at once", .waiting(minutes: 10))
    struct FailoverTogetherTests {
        private let east = LocalPair.east
        private let west = LocalPair.west

        @Test("two controllers of a Region and a person's command make one term of it, and carry out nothing else")
        func once() throws {
            let pair = try LocalPair()
            let (eastern, first) = try pair.both()
            defer { eastern.stop() }
            let second = try pair.controller()
            try eventually("the second one lives: \(second.errorsSoFar)") {
                try pair.status().outlooks.count == 3
            }
            #expect(try pair.move().wait().code == 0)
            try eventually("it is carried out: \(first.errorsSoFar)") {
                try ["fulfilled", "closed"].contains(pair.status().state)
            }
            #expect(try pair.western() == [100, 100, 100])
            #expect(try pair.status().term == 2)
            // On a busy machine one may go on for another that is slow: with the same.
            let wanted = try pair.connect.calls("UpdateTrafficDistribution").map { $0.shares["TelephonyConfig"] }
            #expect(wanted.count >= 3 && wanted.allSatisfy { $0 == [east: 0, west: 100] }, "\(wanted)")
        }

        @Test("whoever is stopped in the middle of a move sends nothing afterwards, if something else is intended by then")
        func stopped() throws {
            let pair = try LocalPair()
            let (_, controller) = try pair.both()
            try pair.set("support", isUpdating: true)
            let command = try pair.move()
            try eventually("all groups but one are moved: \(command.errorsSoFar)") { try pair.western() == [100, 100, 0] }
            let updates = try pair.updates()
            pair.suspend([command, controller])
            try pair.set("support", isUpdating: false)
            let adopted = try pair.start("acknowledge", "--adopt", "--by", "a person", at: east).wait()
            #expect(adopted.code == 0, "\(adopted.errors)")
            for program in [command, controller] { kill(program.pid, SIGCONT) }
            let ended = try command.wait()
            #expect(ended.code == 1, "\(ended)")
            try eventually("the controller goes on: \(controller.errorsSoFar)") { try pair.status().alive.contains(west) }
            #expect(try pair.western() == [100, 100, 0])
            #expect(try pair.updates() == updates)
            #expect(try pair.status().cause == "adopted")
        }

        @Test("somebody moves a group in the middle of a return: it is halted, and what they did stays")
        func foreign() throws {
            let pair = try LocalPair()
            let (eastern, _) = try pair.both()
            #expect(try pair.move().wait().code == 0)
            let begun = try pair.start("return", "--to", east, "--share", "100", "--hold", "1h", "--by", "a person").wait()
            #expect(begun.code == 0, "\(begun.errors)")
            try pair.connect.moveByHand([east: 30, west: 70])
            try eventually("it is halted: \(eastern.errorsSoFar)") { try pair.status().plan == "halted" }
            let evidence = try pair.status().planEvidence
            #expect(evidence.hasPrefix("somebody else has changed"), "\(evidence)")
            #expect(try pair.western() == [70, 100, 100])
            #expect(try pair.updates() == 4)
        }

        @Test("Connect's API of the Region hangs to which a return is to go: it is halted")
        func gate() throws {
            let pair = try LocalPair()
            let (eastern, _) = try pair.both()
            #expect(try pair.move().wait().code == 0)
            let begun = try pair.start("return", "--to", east, "--share", "100", "--hold", "1h", "--by", "a person").wait()
            #expect(begun.code == 0, "\(begun.errors)")
            try pair.connect.set(east, .hang)
            try eventually("it is halted: \(eastern.errorsSoFar)") { try pair.status().plan == "halted" }
            let evidence = try pair.status().planEvidence
            #expect(evidence.hasPrefix("connect-api of \(east)"), "\(evidence)")
            #expect(try pair.western() == [100, 100, 100])
            #expect(try pair.updates() == 3)
        }
    }
}
