import Foundation
import Testing

extension ProgramTests {
    /// Minutes long because KCL's daemon takes its time.
    @Suite(
        "KCL 3.1.3 and workers of Converge's own on one lease table",
        .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_SLOW_TESTS"] == "1"))
    struct MixedFleetTests {
        @Test("the native worker is there first, then KCL joins, then one is killed", .waiting(minutes: 15))
        func nativeFirst() throws {
            let fleet = try MixedFleet()
            let events = try Captures.small.get()
            try fleet.put(events.part(0, of: 4))
            let native = try fleet.native()
            try eventually("the native worker has all") { try fleet.shares().values.contains(4) }
            let daemon = try fleet.daemon("kcl")
            let joined = ContinuousClock.now
            try eventually("KCL has its share", seconds: 200, every: 0.1) { try fleet.shares()["kcl"] == 2 }
            print("KCL has its share after \(ContinuousClock.now - joined)")
            let changes = try fleet.changes(in: 60, putting: events.part(1, of: 4))
            print("native first: \(changes) changes in a minute, \(try fleet.shares())")
            #expect(changes == 0)
            try eventually("all is durable", seconds: 60) { try fleet.isWhole() }

            native.signal(SIGKILL)
            let killed = ContinuousClock.now
            try fleet.put(events.part(2, of: 4))
            try eventually("KCL has all", seconds: 120, every: 0.1) { try fleet.shares() == ["kcl": 4] }
            print("native killed: KCL has all after \(ContinuousClock.now - killed)")
            try eventually("all is durable", seconds: 60) { try fleet.isWhole() }
            print("native killed: all is durable after \(ContinuousClock.now - killed)")
            try daemon.stop()
        }

        @Test("KCL is there first, then the native worker joins, then KCL is killed", .waiting(minutes: 15))
        func libraryFirst() throws {
            let fleet = try MixedFleet()
            let events = try Captures.small.get()
            try fleet.put(events.part(0, of: 4))
            let daemon = try fleet.daemon("kcl")
            try eventually("KCL has all", seconds: 200, every: 0.1) { try fleet.shares() == ["kcl": 4] }
            let native = try fleet.native()
            let joined = ContinuousClock.now
            try eventually("the native worker has its share", seconds: 60, every: 0.1) { try fleet.shares()["kcl"] == 2 }
            print("the native worker has its share after \(ContinuousClock.now - joined)")
            let changes = try fleet.changes(in: 60, putting: events.part(1, of: 4))
            print("KCL first: \(changes) changes in a minute, \(try fleet.shares())")
            #expect(changes == 0)
            try eventually("all is durable", seconds: 60) { try fleet.isWhole() }

            daemon.kill()
            let killed = ContinuousClock.now
            try fleet.put(events.part(2, of: 4))
            try eventually("the native worker has all", seconds: 60, every: 0.1) {
                let shares = try fleet.shares()
                return shares.count == 1 && shares["kcl"] == nil && shares.values.contains(4)
            }
            print("KCL killed: the native worker has all after \(ContinuousClock.now - killed)")
            try eventually("all is durable", seconds: 60) { try fleet.isWhole() }
            print("KCL killed: all is durable after \(ContinuousClock.now - killed)")
            try native.drain()
        }
    }
}
