import AWS
import Foundation
import Platform
import Servers
import Storage
import Synchronization
import TestSupport
import Testing

/// A control plane that takes its time, in front of an emulator. Ended with the last reference.
private final class ControlPlane {
    let emulator: Emulator
    let environment: [String: String]
    private let process = Process()

    init() throws {
        emulator = try Emulator()
        let port = try Emulator.freePort()
        environment = emulator.environment().merging(["AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)"]) { $1 }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("control_plane.py")
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path, emulator.base, "\(port)"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        _ = output.fileHandleForReading.availableData
        // It says so just before it listens.
        try eventually("the control plane listens") {
            let curl = try Process.run(
                URL(fileURLWithPath: "/usr/bin/env"), arguments: ["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"])
            curl.waitUntilExit()
            return curl.terminationStatus == 0
        }
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

extension ProgramTests {
    @Suite("tables with a slow control plane")
    struct TablesControlTests {
        @Test(
            "create waits for each change before the next; drop deletes what DynamoDB permits within a day of creating replicas"
        )
        func patience() throws {
            let plane = try ControlPlane()
            let regions = ["us-east-1", "us-west-2", "eu-west-1"]
            let tables = try #require(DynamoDBTables(prefix: "slow", regions: regions, areReplicated: true))
            let session = try AWSSession(Environment(plane.environment))
            var clients: [String: ServiceClient] = [:]
            for region in regions { clients[region] = try session.client(.dynamoDB, region: region) }
            let pauses = Mutex(0)
            let control = TablesControl(tables, clients: clients) { _ in pauses.withLock { $0 += 1 } }
            let plan = try control.plan(.create)
            var made: [TableCall] = []
            var waits = 0
            let outcome = try control.carryOut(.create) { event in
                switch event {
                case .made(let call): made.append(call)
                case .waiting: waits += 1
                }
            }
            #expect(outcome == .done)
            #expect(Set(made) == Set(plan) && made.count == plan.count)
            // A table's own calls come in the order of the plan.
            for name in tables.allNames { #expect(made.filter { $0.table == name } == plan.filter { $0.table == name }) }
            #expect(pauses.withLock { $0 } > 0 && waits > 0)
            #expect(try control.differences().isEmpty)

            let dropped = try control.carryOut(.drop) { _ in }
            #expect(dropped == .notYet(tables.names.sorted()))
            #expect(try plane.emulator.cli("us-east-1", "dynamodb", "list-tables").contains("slow-agent"))
            for region in regions.dropFirst() {
                #expect(try !plane.emulator.cli(region, "dynamodb", "list-tables").contains("slow-"))
            }
            let scratch = try Scratch()
            let command = ["tables", "drop", "--prefix", "slow", "--regions", "us-east-1", "--yes"]
            let ended = try Program(command, in: scratch, environment: plane.environment).wait()
            #expect(ended.code == 1 && ended.errors.contains("cannot be deleted until 24 hours after"), "\(ended.errors)")
        }
    }
}
