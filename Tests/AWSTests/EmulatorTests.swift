import Foundation
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import JSON
@testable import Platform

@Suite("AWS operations against the emulator", .waiting(minutes: 5))
struct EmulatorTests {
    private func write(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(body)
        return json.bytes
    }

    /// The emulator takes its root key `test` without looking at signatures, so everything is asked as a user of its own.
    private func user(_ emulator: Emulator, _ scratch: Scratch) throws -> [String: String] {
        let variables = ["AWS_ENDPOINT_URL": emulator.base, "AWS_REGION": "eu-west-1"]
        let root = variables.merging(["AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"]) { $1 }
        let service = AWSService(name: "IAM", signingName: "iam", wire: .query(version: "2010-05-08"))
        let iam = try AWSSession(scratch.environment(root)).client(service)
        var form = QueryForm()
        form.append("UserName", "clerk")
        _ = try iam.perform("CreateUser", form.bytes)
        let key = try iam.perform("CreateAccessKey", form.bytes)
        form.append("PolicyName", "streams and states")
        form.append(
            "PolicyDocument",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["dynamodb:*Table*","#
                + #""dynamodb:PutItem","dynamodb:GetItem","kinesis:*"]}]}"#)
        _ = try iam.perform("PutUserPolicy", form.bytes)
        let (id, secret) = key.body.withBytes {
            (XMLText.element("AccessKeyId", in: $0), XMLText.element("SecretAccessKey", in: $0))
        }
        return variables.merging(
            ["AWS_ACCESS_KEY_ID": try #require(id), "AWS_SECRET_ACCESS_KEY": try #require(secret)]) { $1 }
    }

    @Test("DynamoDB and Kinesis accept signed operations, and refuse a wrong signature and a missing permission")
    func operations() throws {
        let emulator = try Emulator()
        let scratch = try Scratch()
        let variables = try user(emulator, scratch)
        let session = try AWSSession(scratch.environment(variables))
        let client = try session.client(.dynamoDB)
        try dynamoDB(client)
        try kinesis(session.client(.kinesis))

        let denied = #expect(throws: AWSError.self) {
            try client.perform("Scan", write { $0.member("TableName", "states") })
        }
        #expect(denied?.advice?.hasPrefix("missing permission: allow dynamodb:Scan") == true, "\(String(describing: denied))")

        let strangers = variables.merging(["AWS_SECRET_ACCESS_KEY": "another"]) { $1 }
        let stranger = try AWSSession(scratch.environment(strangers)).client(.dynamoDB)
        let refused = #expect(throws: AWSError.self) { try stranger.perform("ListTables", Array("{}".utf8)) }
        #expect(refused?.code == "InvalidSignatureException", "\(String(describing: refused))")
    }

    private func dynamoDB(_ client: ServiceClient) throws {
        let none = try client.perform("ListTables", Array("{}".utf8))
        #expect(try none.readJSON { $0.member("TableNames")?.elements.contains { $0.text == "states" } } == false)
        _ = try client.perform(
            "CreateTable",
            write { json in
                json.member("TableName", "states")
                json.member("BillingMode", "PAY_PER_REQUEST")
                json.array("AttributeDefinitions") { json in
                    for name in ["pk", "sk"] {
                        json.object {
                            $0.member("AttributeName", name)
                            $0.member("AttributeType", "S")
                        }
                    }
                }
                json.array("KeySchema") { json in
                    for (name, type) in [("pk", "HASH"), ("sk", "RANGE")] {
                        json.object {
                            $0.member("AttributeName", name)
                            $0.member("KeyType", type)
                        }
                    }
                }
            })
        let text = "ü \"quoted\" 漢"
        let key: (inout JSONWriter) -> Void = { json in
            json.object("pk") { $0.member("S", "agent#1") }
            json.object("sk") { $0.member("S", "eu-west-1") }
        }
        _ = try client.perform(
            "PutItem",
            write { json in
                json.member("TableName", "states")
                json.object("Item") { json in
                    key(&json)
                    json.object("registers") { json in
                        json.key("B")
                        Array(text.utf8).withUnsafeBytes { json.blob($0) }
                    }
                    json.object("values") { $0.member("S", text) }
                }
            })
        let get = write { json in
            json.member("TableName", "states")
            json.object("Key", key)
        }
        let item = try client.perform("GetItem", get)
        try item.readJSON { root in
            let item = root.member("Item")
            #expect(item?.member("values")?.text("S") == text)
            #expect(item?.member("registers")?.text("B") == Data(text.utf8).base64EncodedString())
        }
        let missing = #expect(throws: AWSError.self) {
            try client.perform("DescribeTable", write { $0.member("TableName", "nowhere") })
        }
        #expect(missing?.code == "ResourceNotFoundException" && missing?.attempts == 1)
        try many(client, get)
    }

    /// A few hundred at a time over kept connections.
    private func many(_ client: ServiceClient, _ input: [UInt8]) throws {
        let count = 300
        let tally = Mutex((done: 0, good: 0))
        let all = Awaited<Bool>()
        for _ in 0..<count {
            client.submit("GetItem", input) { result in
                let isGood = (try? result.get()) != nil
                let isLast = tally.withLock { tally in
                    tally.done += 1
                    tally.good += isGood ? 1 : 0
                    return tally.done == count
                }
                if isLast { all.bring(true) }
            }
        }
        #expect(all.wait())
        #expect(tally.withLock { $0.good } == count)
    }

    private func kinesis(_ client: ServiceClient) throws {
        _ = try client.perform(
            "CreateStream",
            write { json in
                json.member("StreamName", "events")
                json.member("ShardCount", 2)
            })
        let shards = try client.perform("ListShards", write { $0.member("StreamName", "events") })
        let names = try shards.readJSON { root in
            root.member("Shards").map { $0.elements.compactMap { $0.text("ShardId") } }
        }
        #expect(names == ["shardId-000000000000", "shardId-000000000001"])
    }
}
