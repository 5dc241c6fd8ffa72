import AWS
import Foundation
import Platform
import Servers
import Storage
import Synchronization
import Testing

extension ProgramTests {
    @Suite("the replication canary with the emulator")
    struct CanaryTests {
        @Test("two Regions see each other's rows; an unavailable table is reported once, and its return once")
        func bothRegions() throws {
            let scratch = try Scratch()
            let emulator = try Emulator()
            func create() throws -> Ended {
                try Program(
                    ["tables", "create", "--replicas", "--regions", "us-east-1,us-west-2"], in: scratch,
                    environment: emulator.environment()
                ).wait()
            }
            let told = Mutex<[String]>([])
            let session = try AWSSession(Environment(emulator.environment()))
            let canaries = try ["us-east-1", "us-west-2"].map { region in
                let client = try session.client(.dynamoDB, region: region)
                return ReplicationCanary(client, prefix: "converge", worker: "w") { text in told.withLock { $0.append(text) } }
            }
            defer { for canary in canaries { canary.stop() } }
            canaries[0].start { 70 }
            canaries[1].start()
            try eventually("the missing tables are told") { told.withLock { $0.count } >= 4 }
            #expect(told.withLock { $0.count { $0.contains("cannot write") } } == 2)
            #expect(told.withLock { $0.count { $0.contains("cannot read") } } == 2)
            #expect(canaries.allSatisfy { $0.links.isEmpty })

            #expect(try create().code == 0)
            try eventually("both see each other, both ways") {
                canaries.allSatisfy { $0.links.first?.clockOffsetMilliseconds != nil }
            }
            let (east, west) = (try #require(canaries[0].links.first), try #require(canaries[1].links.first))
            #expect(east.from == "us-west-2" && east.to == "us-east-1" && west.from == "us-east-1" && west.to == "us-west-2")
            #expect(east.lagMilliseconds >= 0 && west.lagMilliseconds >= 0)
            // One machine, one clock.
            #expect(east.clockOffsetMilliseconds?.contains(0) == true && west.clockOffsetMilliseconds?.contains(0) == true)
            #expect(told.withLock { $0.count { $0.contains("again after") } } == 4)
            #expect(told.withLock { $0.count } == 8, "\(told.withLock { $0 })")

            // Whoever is no worker reads the same, and how far the workers of its Region are behind.
            let readers = try ["us-east-1", "us-west-2"].map { region in
                ReplicationCanary(try session.client(.dynamoDB, region: region), prefix: "converge", worker: nil) { text in
                    told.withLock { $0.append(text) }
                }
            }
            defer { for reader in readers { reader.stop() } }
            for reader in readers { reader.start() }
            try eventually("a reader sees the other Region's rows") { readers.allSatisfy { !$0.links.isEmpty } }
            #expect((readers[0].ownLag ?? -1) >= 70)
            #expect(readers[1].ownLag == nil, "its worker does not know")
            #expect(canaries[0].links.count == 1 && told.withLock { $0.count } == 8)

            let item = try emulator.cli(
                "us-west-2", "dynamodb", "get-item", "--table-name", "converge-agent", "--key",
                #"{"pk":{"S":"converge#canary"},"sk":{"S":"us-east-1#w"}}"#)
            #expect(item.contains("expiresAt") && item.contains("us-west-2"))
            #expect(
                try scratch.converge("digest", "dynamodb:converge", environment: emulator.environment()).code == 0)
        }
    }
}
