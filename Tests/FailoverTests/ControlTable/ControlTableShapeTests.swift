import Foundation
import TestSupport
import Testing

@testable import Failover

@Suite("which table the control table is", .limited)
struct ControlTableShapeTests {
    @Test(
        "three replicas of one set of Regions, or two and a witness",
        arguments: [
            (["us-east-1", "us-west-2"], nil, ["us-east-1", "us-west-2", "us-east-2"]),
            (["us-west-2", "us-east-2", "us-east-1"], nil, ["us-west-2", "us-east-2", "us-east-1"]),
            (["eu-west-2", "eu-central-1"], nil, ["eu-west-2", "eu-central-1", "eu-west-1"]),
            (["ap-northeast-1", "ap-northeast-3"], nil, ["ap-northeast-1", "ap-northeast-3", "ap-northeast-2"]),
            (["eu-west-2", "eu-central-1"], "eu-west-3", ["eu-west-2", "eu-central-1"]),
        ] as [([String], String?, [String])])
    func accepted(_ regions: [String], _ witness: String?, _ replicas: [String]) throws {
        let shape = try ControlTableShape(name: "t-1", regions: regions, witness: witness)
        #expect(shape.replicas == replicas && shape.witness == witness && shape.home == regions[0])
    }

    @Test(
        "anything else is refused by name",
        arguments: [
            (["us-east-1", "eu-west-1"], nil, "eu-west-1 and us-east-1 are not of one set"),
            (["us-east-1", "us-west-2"], "eu-west-1", "eu-west-1 and us-east-1"),
            (["us-west-1", "us-west-2"], nil, "us-west-1 has no tables with strong consistency"),
            (["us-east-1", "us-east-1"], nil, "twice"), (["us-east-1"], nil, "1 Regions"),
            (["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"], nil, "4 Regions"),
            (["us-east-1", "us-west-2", "us-east-2"], "us-east-2", "witness"),
            (["us-east-1", "us-west-2"], "us-west-2", "witness"), ([], nil, "nothing"),
        ] as [([String], String?, String)])
    func refused(_ regions: [String], _ witness: String?, _ part: String) {
        #expect {
            try ControlTableShape(name: "table", regions: regions, witness: witness)
        } throws: {
            "\($0)".contains(part)
        }
        #expect(throws: ControlTableError.self) { try ControlTableShape(name: "a/b", regions: ["us-east-1", "us-west-2"]) }
    }

    private let shape: ControlTableShape
    private let witnessed: ControlTableShape

    init() throws {
        shape = try ControlTableShape(name: "control", regions: ["us-east-1", "us-west-2"])
        witnessed = try ControlTableShape(name: "control", regions: ["us-east-1", "us-west-2"], witness: "us-east-2")
    }

    private func made(_ shape: ControlTableShape) throws -> ControlTableFound {
        var found = ControlTableFound()
        for call in try shape.plan(found) { found.apply(call) }
        return found
    }

    @Test(
        "it is made strong in one call of its own, then protected and recoverable in every Region; nothing is left to do then")
    func plan() throws {
        for (shape, count) in [(shape, 7), (witnessed, 5)] {
            let calls = try shape.plan(ControlTableFound())
            #expect(calls.map(\.operation).prefix(3) == ["CreateTable", "UpdateTable", "UpdateContinuousBackups"])
            #expect(calls.count == count)
            let strong = String(decoding: calls[1].input, as: UTF8.self)
            let replicas =
                shape.witness == nil
                ? #"{"Create":{"RegionName":"us-west-2"}},{"Create":{"RegionName":"us-east-2"}}"#
                : #"{"Create":{"RegionName":"us-west-2"}}"#
            let witness = shape.witness == nil ? "" : #","GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-east-2"}}]"#
            #expect(
                strong
                    == #"{"TableName":"control","MultiRegionConsistency":"STRONG","ReplicaUpdates":[\#(replicas)]\#(witness)}"#)
            #expect(try shape.plan(made(shape)).isEmpty)
            #expect(try shape.differences(made(shape)).isEmpty)
        }
    }

    @Test("what nobody can change is told, and never tried")
    func stuck() throws {
        func changed(_ change: (inout ControlTableFound) -> Void) throws -> ControlTableFound {
            var found = try made(shape)
            change(&found)
            return found
        }
        let cases: [(found: ControlTableFound, part: String)] = [
            (
                try changed { $0.tables["us-east-1"]?.consistency = "EVENTUAL" },
                "an ordinary global table cannot be the control table"
            ),
            (try changed { $0.tables["us-east-1"]?.consistency = nil }, "two writers in two Regions can both succeed"),
            (
                try changed {
                    $0.tables = ["us-east-1": $0.tables["us-east-1"]].compactMapValues { $0 }
                    $0.tables["us-east-1"]?.consistency = nil
                    $0.tables["us-east-1"]?.replicas = [:]
                    $0.tables["us-east-1"]?.isEmpty = false
                }, "only empty tables"
            ),
            (
                try changed {
                    $0.tables["us-east-1"]?.consistency = nil
                    $0.tables["us-east-1"]?.replicas = [:]
                }, "a separate table"
            ),
            (try changed { $0.tables["us-east-1"]?.keys = "id S HASH" }, "another program"),
            (try changed { $0.tables["us-east-1"] = nil }, "there without one in us-east-1"),
            (try changed { $0.tables["us-east-1"]?.replicas["us-east-2"] = nil }, "stay as they were made"),
            (try changed { $0.tables["us-east-1"]?.witnesses = ["us-east-2": "ACTIVE"] }, "stay as they were made"),
            (try changed { $0.tables["us-east-1"]?.replicas["us-west-2"] = "REGION_DISABLED" }, "REGION_DISABLED"),
        ]
        for (found, part) in cases {
            #expect("\(part)") {
                try shape.plan(found)
            } throws: {
                "\($0)".contains(part)
            }
            #expect(shape.differences(found).contains { !$0.isAdvice && $0.call == nil })
        }
    }

    @Test("protection and recovery are advice: a table without them can be relied on, and create turns them on")
    func advice() throws {
        var found = try made(shape)
        found.tables["us-west-2"]?.isProtected = false
        found.tables["us-east-2"]?.hasPointInTimeRecovery = false
        let differences = shape.differences(found)
        #expect(differences.map(\.setting) == ["deletion protection", "point-in-time recovery"])
        #expect(!differences.contains { !$0.isAdvice })
        #expect(try shape.plan(found).map(\.region) == ["us-west-2", "us-east-2"])
    }

    @Test("DynamoDB is at work on it while any part is not active, and until every replica's Region shows it")
    func settling() throws {
        var found = try made(shape)
        #expect(!shape.isSettling(found))
        found.tables["us-west-2"] = nil
        #expect(shape.isSettling(found))
        found = try made(witnessed)
        found.tables["us-east-1"]?.witnesses["us-east-2"] = "CREATING"
        #expect(witnessed.isSettling(found))
    }
}
