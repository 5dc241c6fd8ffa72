import Foundation
import Testing

extension ProgramTests {
    /// Minutes long because KCL's daemon takes its time.
    @Suite(
        "the change-over from native workers to KCL 3.1.3 and back",
        .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_SLOW_TESTS"] == "1"))
    struct ChangeOverTests {
        @Test(
            "native workers and KCL continue from each other's checkpoints after the other is stopped or killed",
            .waiting(minutes: 15),
            arguments: [false, true])
        func thereAndBack(isKilled: Bool) throws {
            let fleet = try ChangeOver()
            let events = try Captures.small.get()
            try fleet.put(events.part(0, of: 3))
            let first = try fleet.native()
            try eventually("the native worker has put all into the tables") { try fleet.isWhole() }
            try fleet.waitForCheckpoints()
            if isKilled { first.signal(SIGKILL) } else { try first.drain() }

            let daemon = try fleet.daemon("kcl")
            try fleet.put(events.part(1, of: 3))
            try eventually("KCL has all leases", every: 0.1) { try fleet.shares() == ["kcl": 4] }
            try eventually("KCL has put the rest into the tables") { try fleet.isWhole() }
            try fleet.waitForCheckpoints()
            #expect(daemon.entries("kcl.failed").isEmpty)
            if isKilled { daemon.kill() } else { try daemon.stop() }

            let second = try fleet.native()
            try fleet.put(events.part(2, of: 3))
            try eventually("the native worker has all leases", every: 0.1) {
                let shares = try fleet.shares()
                return shares.count == 1 && shares["kcl"] == nil && shares.values.contains(4)
            }
            try eventually("the native worker has put the rest into the tables") { try fleet.isWhole() }
            #expect(second.entries("kinesis.checkpoint.void").isEmpty)
            try second.drain()
        }
    }
}
