import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("tables in DynamoDB")
    struct TablesTests {
        private let scratch: Scratch
        private let emulator: Emulator
        private let regions = "us-east-1,us-west-2,eu-west-1"

        init() throws {
            scratch = try Scratch()
            emulator = try Emulator()
        }

        private func tables(_ arguments: String..., environment: [String: String]? = nil) throws -> Ended {
            let environment = environment ?? emulator.environment()
            return try Program(["tables"] + arguments, in: scratch, environment: environment).wait()
        }

        private func lines(_ ended: Ended) throws -> [[String: Any]] {
            try ended.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }

        private func description(_ table: String, _ region: String) throws -> [String: Any] {
            let text = try emulator.cli(region, "dynamodb", "describe-table", "--table-name", table, "--output", "json")
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return try #require(object?["Table"] as? [String: Any])
        }

        @Test("check of an endpoint that refuses connections fails soon with its name")
        func refused() throws {
            let port = try Emulator.freePort()
            var environment = emulator.environment()
            environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(port)"
            let ended = try tables("check", environment: environment)
            #expect(ended.code == 1 && !ended.wasKilled)
            for part in ["after 3 attempts", "http://127.0.0.1:\(port)", "on table converge-"] {
                #expect(ended.errors.contains(part), "\(ended.errors)")
            }
        }

        @Test("create creates global tables that pass check, does nothing the second time, and drop deletes them")
        func life() throws {
            let dry = try tables("create", "--regions", regions, "--replicas", "--dry-run", "--format", "json")
            // A call a change, two for the feed's log of each Region, and for each Region three lines of the dictionary.
            #expect(try dry.code == 0 && lines(dry).count == 9 * 9 + 2 * 3 + 3 * 3)
            let before = try tables("check", "--regions", regions, "--replicas", "--format", "json")
            #expect(before.code == 1)
            #expect(try lines(before).count { $0["setting"] as? String == "table" } == 9 + 3)

            let made = try tables("create", "--regions", regions, "--replicas", "--format", "json")
            #expect(made.code == 0, "\(made.errors)")
            #expect(
                made.errors.contains(
                    "9 global tables converge-* and the feed's table in us-east-1, us-west-2, eu-west-1 are as required"))
            #expect(made.text.split(separator: "\n").sorted() == dry.text.split(separator: "\n").sorted())

            for region in regions.split(separator: ",").map(String.init) {
                let table = try description("converge-session", region)
                #expect((table["Replicas"] as? [Any])?.count == 2)
                #expect(table["DeletionProtectionEnabled"] as? Bool == true)
                #expect((table["BillingModeSummary"] as? [String: String])?["BillingMode"] == "PAY_PER_REQUEST")
                #expect((table["StreamSpecification"] as? [String: Any])?["StreamViewType"] as? String == "NEW_AND_OLD_IMAGES")
                #expect((table["SSEDescription"] as? [String: Any])?["SSEType"] as? String == "KMS")
                let expiry = try emulator.cli(region, "dynamodb", "describe-time-to-live", "--table-name", "converge-session")
                #expect(expiry.contains("ENABLED") && expiry.contains("expiresAt"))
                let backups = try emulator.cli(
                    region, "dynamodb", "describe-continuous-backups", "--table-name", "converge-session", "--query",
                    "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus")
                #expect(backups.contains("ENABLED"))
            }
            let again = try tables("create", "--regions", regions, "--replicas")
            #expect(again.code == 0 && again.text.isEmpty, "\(again.text)")
            let check = try tables("check", "--regions", regions, "--replicas")
            #expect(check.code == 0 && check.errors.isEmpty, "\(check.text)\(check.errors)")
            #expect(try tables("check", "--regions", regions).code == 1)

            let refused = try tables("drop", "--regions", regions)
            #expect(refused.code == 2 && refused.errors.contains("--yes"))
            let narrow = try tables("drop", "--regions", "us-east-1,us-west-2", "--yes")
            #expect(narrow.code == 1 && narrow.errors.contains("replica in eu-west-1"))
            #expect(try description("converge-agent", "us-east-1")["DeletionProtectionEnabled"] as? Bool == true)
            let dryDrop = try tables("drop", "--regions", regions, "--dry-run")
            #expect(dryDrop.code == 0 && dryDrop.text.split(separator: "\n").count == 6 * 9 + 2 * 3)
            let dropped = try tables("drop", "--regions", regions, "--yes")
            #expect(dropped.code == 0, "\(dropped.errors)")
            for region in regions.split(separator: ",").map(String.init) {
                #expect(try !emulator.cli(region, "dynamodb", "list-tables").contains("converge-"))
            }
        }

        @Test("a difference is reported by check and corrected by create")
        func mending() throws {
            #expect(try tables("create", "--prefix", "my", "--regions", "us-east-1,us-west-2").code == 0)
            #expect(try tables("check", "--prefix", "my", "--regions", "us-east-1,us-west-2").code == 0)
            try emulator.cli(
                "us-west-2", "dynamodb", "update-table", "--table-name", "my-flow", "--no-deletion-protection-enabled")
            try emulator.cli("us-west-2", "dynamodb", "delete-table", "--table-name", "my-flow")
            try emulator.cli(
                "us-east-1", "dynamodb", "update-continuous-backups", "--table-name", "my-agent",
                "--point-in-time-recovery-specification", "PointInTimeRecoveryEnabled=false")
            try emulator.cli(
                "us-east-1", "dynamodb", "update-time-to-live", "--table-name", "my-queue", "--time-to-live-specification",
                "Enabled=false,AttributeName=expiresAt")
            let check = try tables("check", "--prefix", "my", "--regions", "us-east-1,us-west-2")
            #expect(check.code == 1)
            let told = check.text.split(separator: "\n").dropFirst().prefix { !$0.hasPrefix("Region ") }.map {
                $0.split(separator: " ").prefix(3).joined(separator: " ")
            }
            #expect(told == ["my-agent us-east-1 point-in-time", "my-flow us-west-2 table", "my-queue us-east-1 TTL"])
            let mended = try tables("create", "--prefix", "my", "--regions", "us-east-1,us-west-2", "--format", "json")
            #expect(mended.code == 0)
            #expect(
                try lines(mended).compactMap { $0["operation"] as? String }.sorted() == [
                    "CreateTable", "UpdateContinuousBackups", "UpdateContinuousBackups", "UpdateTimeToLive", "UpdateTimeToLive",
                ])
            #expect(try tables("check", "--prefix", "my", "--regions", "us-east-1,us-west-2").code == 0)
        }

        @Test("a table of another program with the same name is not changed")
        func standsInTheWay() throws {
            try emulator.cli(
                "us-east-1", "dynamodb", "create-table", "--table-name", "converge-queue", "--billing-mode", "PAY_PER_REQUEST",
                "--attribute-definitions", "AttributeName=id,AttributeType=S", "--key-schema", "AttributeName=id,KeyType=HASH")
            let ended = try tables("create")
            #expect(ended.code == 1 && ended.text.isEmpty)
            #expect(ended.errors.contains("converge-queue in us-east-1: keys is id S HASH, not pk S HASH, sk S RANGE"))
            #expect(try !emulator.cli("us-east-1", "dynamodb", "list-tables").contains("converge-agent"))
        }

        @Test("check warns of a lease table that is a global table, and of no other")
        func leaseTables() throws {
            #expect(try tables("create").code == 0)
            for name in ["shared-leases", "own-leases"] {
                try emulator.cli(
                    "us-east-1", "dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
                    "--attribute-definitions", "AttributeName=leaseKey,AttributeType=S",
                    "AttributeName=leaseOwner,AttributeType=S",
                    "--key-schema", "AttributeName=leaseKey,KeyType=HASH", "--global-secondary-indexes",
                    #"[{"IndexName":"LeaseOwnerToLeaseKeyIndex","KeySchema":[{"AttributeName":"leaseOwner","KeyType":"HASH"},"#
                        + #"{"AttributeName":"leaseKey","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]"#)
            }
            try emulator.cli(
                "us-east-1", "dynamodb", "update-table", "--table-name", "shared-leases", "--replica-updates",
                #"[{"Create":{"RegionName":"us-west-2"}}]"#)
            let check = try tables("check")
            #expect(check.code == 0)
            #expect(
                check.errors.contains("warning: shared-leases in us-east-1 is a lease table and a global table (us-west-2)"))
            #expect(!check.errors.contains("own-leases"))
        }

        @Test("a missing permission is named; wrong usage ends with exit code 2")
        func errors() throws {
            try emulator.cli("us-east-1", "iam", "create-user", "--user-name", "reader")
            let policy =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"dynamodb:DescribeTable"}]}"#
            try emulator.cli(
                "us-east-1", "iam", "put-user-policy", "--user-name", "reader", "--policy-name", "p", "--policy-document",
                policy)
            let key = try emulator.cli(
                "us-east-1", "iam", "create-access-key", "--user-name", "reader", "--query",
                "AccessKey.[AccessKeyId,SecretAccessKey]", "--output", "text"
            ).split(whereSeparator: \.isWhitespace).map(String.init)
            let environment = emulator.environment().merging(
                ["AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]]) { $1 }
            let create = try tables("create", environment: environment)
            #expect(create.code == 1)
            #expect(create.errors.contains("missing permission: allow dynamodb:CreateTable"), "\(create.errors)")

            for wrong in [
                ["tables"], ["tables", "make"], ["tables", "create", "--replicas"], ["tables", "create", "--prefix", "a/b"],
                ["tables", "check", "--dry-run"], ["tables", "create", "--regions", ","], ["digest", "dynamodb:"],
            ] {
                let ended = try Program(wrong, in: scratch, environment: emulator.environment()).wait()
                #expect(ended.code == 2, "\(wrong): \(ended.errors)")
            }
        }
    }
}
