import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("the control table of failover, on the command line")
    struct FailoverTableTests {
        private let scratch: Scratch
        private let emulator: Emulator
        private let strong: StrongTable

        init() throws {
            scratch = try Scratch()
            emulator = try Emulator()
            strong = try StrongTable(before: emulator)
        }

        private func table(_ arguments: String..., base: String? = nil) throws -> Ended {
            var environment = emulator.environment()
            environment["AWS_ENDPOINT_URL"] = base ?? strong.base
            return try Program(["failover", "table"] + arguments, in: scratch, environment: environment).wait()
        }

        private func lines(_ ended: Ended) throws -> [[String: Any]] {
            try ended.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }

        @Test("create makes what --dry-run printed and check then finds nothing wrong", arguments: [nil, "us-east-2"])
        func life(witness: String?) throws {
            let which = ["--regions", "us-east-1,us-west-2"] + (witness.map { ["--witness", $0] } ?? [])
            func table(_ verb: String, _ more: String...) throws -> Ended {
                var environment = emulator.environment()
                environment["AWS_ENDPOINT_URL"] = strong.base
                return try Program(["failover", "table", verb] + which + more, in: scratch, environment: environment).wait()
            }
            let before = try table("check")
            #expect(before.code == 1 && before.text.contains("create: CreateTable"))
            let dry = try table("create", "--dry-run", "--format", "json")
            #expect(try dry.code == 0 && lines(dry).count == (witness == nil ? 7 : 5))
            let made = try table("create", "--format", "json")
            #expect(made.code == 0 && made.text == dry.text, "\(made.errors)")
            #expect(made.errors.contains("as required"))
            let again = try table("create")
            #expect(again.code == 0 && again.text.isEmpty)
            let check = try table("check")
            #expect(
                check.code == 0 && check.errors.isEmpty && check.text.contains("can be relied on"),
                "\(check.text)\(check.errors)")
            #expect(check.text.contains("witness") == (witness != nil))
            let json = try lines(table("check", "--format", "json"))
            #expect(json.count == (witness == nil ? 3 : 2))
            for line in json {
                #expect(line["consistency"] as? String == "STRONG" && line["readMilliseconds"] is Double)
                #expect(line["deletionProtection"] as? Bool == true && line["pointInTimeRecovery"] as? Bool == true)
            }
        }

        @Test("a table that is in the way is named, and nothing is changed")
        func inTheWay() throws {
            try emulator.cli(
                "us-east-1", "dynamodb", "create-table", "--table-name", "converge-control", "--billing-mode",
                "PAY_PER_REQUEST",
                "--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=S",
                "--key-schema",
                "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE")
            try emulator.cli(
                "us-east-1", "dynamodb", "update-table", "--table-name", "converge-control", "--replica-updates",
                #"[{"Create":{"RegionName":"us-west-2"}}]"#)
            for verb in ["create", "check"] {
                let ended = try table(verb, "--regions", "us-east-1,us-west-2")
                #expect(ended.code == 1)
                #expect((ended.text + ended.errors).contains("an ordinary global table cannot be the control table"))
            }
            let requests = try strong.requests()
            #expect(requests.keys.allSatisfy { !$0.hasSuffix(" UpdateTable") && !$0.hasSuffix(" CreateTable") }, "\(requests)")
        }

        @Test("check tells of the Region that does not answer, and of those that do")
        func oneAway() throws {
            #expect(try table("create", "--regions", "us-east-1,us-west-2").code == 0)
            try strong.refuse("DescribeTable", region: "us-west-2", code: "AccessDeniedException", times: 100)
            let check = try table("check", "--regions", "us-east-1,us-west-2")
            #expect(check.code == 1)
            #expect(check.text.contains("us-west-2  no answer"), "\(check.text)")
            #expect(check.text.contains("us-east-1  ACTIVE") && check.text.contains("us-east-2  ACTIVE"))
            #expect(check.errors.contains("us-west-2: DynamoDB DescribeTable on table converge-control"), "\(check.errors)")
        }

        @Test("wrong usage ends with exit code 2 and what is accepted")
        func usage() throws {
            for (arguments, part) in [
                ([], "usage: converge failover COMMAND"), (["tabel"], "did you mean 'table'?"), (["table"], "create or check"),
                (["table", "drop"], "create or check"), (["table", "create"], "--regions"),
                (["table", "create", "--regions", "us-east-1,eu-west-1"], "not of one set"),
                (["table", "check", "--regions", "us-east-1,us-west-2", "--dry-run"], "--dry-run"),
                (["table", "create", "--regions", "us-east-1,us-west-2", "--name", "a/b"], "no name of a table"),
            ] as [([String], String)] {
                let ended = try Program(["failover"] + arguments, in: scratch, environment: emulator.environment()).wait()
                #expect(ended.code == 2 && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
            let help = try Program(["failover", "--help"], in: scratch).wait()
            #expect(help.code == 0 && help.text.contains("failover table"))
        }
    }
}
