import EngineCore
import FeedCore
import Foundation
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import JSON
@testable import Platform
@testable import Storage

@Suite("the feed's log in a table", .waiting(minutes: 5))
struct TableFeedLogTests {
    private static let emulator = Result { try Emulator() }

    private let prefix = "log-\(UInt32.random(in: .min ... .max))"
    private let session: AWSSession
    private let client: ServiceClient
    private let log: TableFeedLog

    init() throws {
        session = try AWSSession(Environment(Self.emulator.get().environment()))
        client = try session.client(.dynamoDB)
        let settings: [DynamoDB.TableSetting] = [.keys(partition: "pk", sort: "sk"), .onDemand]
        try client.perform(DynamoDB.CreateTable("\(prefix)-feed", settings))
        log = try TableFeedLog(session, prefix: prefix)
    }

    private func put(_ item: (inout JSONWriter) -> Void) throws {
        _ = try client.perform(DynamoDB.PutItem("\(prefix)-feed", item: item))
    }

    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    @Test("gives the newest batch, and those behind a number in order, a page at a time")
    func reads() throws {
        #expect(try log.batches(after: nil).isEmpty && log.batches(after: 7).isEmpty)
        // Over a change of the number of digits, and more than a page.
        let all = (0..<45 as Range<UInt64>).map { FeedBatch.made(80 + $0) }
        for batch in all { #expect(log.write(batch) == .done) }
        #expect(try log.batches(after: nil) == [all[44]])
        #expect(try log.batches(after: 79) == Array(all[..<40]))
        #expect(try log.batches(after: 119) == Array(all[40...]))
        #expect(try log.batches(after: 124).isEmpty)
        #expect(try log.batches(after: 1_700_000_000_000).isEmpty && log.trouble == nil)
    }

    @Test("takes a number once: of two authors one is refused; who sends a batch again hears that it is there")
    func once() throws {
        let batch = FeedBatch.made(5, by: "a")
        #expect(log.write(batch) == .done && log.write(batch) == .done)
        #expect(log.write(.made(5, by: "b")) == .refused)
        var other = batch
        other.time += 1
        #expect(log.write(other) == .refused, "another batch of the same author")
        #expect(try log.batches(after: 4) == [batch])
        let outcomes = Mutex<[FeedBook.Outcome]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { author in
            let outcome = log.write(.made(6, by: "\(author)"))
            outcomes.withLock { $0.append(outcome) }
        }
        #expect(outcomes.withLock { $0.count { $0 == .done } == 1 && $0.count { $0 == .refused } == 7 })
    }

    @Test("holds a batch that is larger than an item, whole or not at all")
    func large() throws {
        let large = FeedBatch.large(9, size: 2_000_000)
        let bytes = try #require(FeedBatchCoding.encode(large))
        #expect(bytes.count > 2 * FeedTable.partBytesMax)
        #expect(log.write(large) == .done && log.write(large) == .done)
        #expect(log.write(.large(9, by: "b", size: 2_000_000)) == .refused && log.write(.made(9)) == .refused)
        #expect(try log.batches(after: nil) == [large] && log.batches(after: 8) == [large])
        #expect(log.write(.made(10)) == .done)
        #expect(try log.batches(after: 8) == [large, .made(10)], "its parts are no batches")

        // A part that is lost is told, unless the time of the whole is over.
        var parts: [String] = []
        var last: [UInt8]?
        repeat {
            let page = try client.perform(
                DynamoDB.Query("\(prefix)-feed", condition: "pk = :pk", after: last) { $0.attribute(":pk", "us-east-1#more") })
            parts += page.rows { $0.text("sk") }
            last = page.last
        } while last != nil
        #expect(parts.count >= 2 * 2)
        for part in parts where part.hasSuffix("#1") {
            try client.perform(
                DynamoDB.DeleteItem("\(prefix)-feed", condition: "") {
                    DynamoDBName.append(pk: "us-east-1#more", sk: part, to: &$0)
                })
        }
        #expect(message { _ = try log.batches(after: 8) }.contains("a part of it is missing"))
        try put { json in
            DynamoDBName.append(pk: "us-east-1", sk: FeedTable.text(11), to: &json)
            bytes.prefix(10).withUnsafeBytes { json.attribute("batch", bytes: $0) }
            json.attribute("parts", 2)
            json.attribute("expiresAt", 1)
        }
        #expect(try log.batches(after: 10).isEmpty)
    }

    @Test("an item that cannot be read is an error that names it and says what to do")
    func unreadable() throws {
        var newer = try #require(FeedBatchCoding.encode(.made(5)))
        newer[0] = 9
        let wrong = try #require(FeedBatchCoding.encode(.made(6)))
        for (bytes, why) in [
            (newer, "format version 9"), ([1, 2, 3], "cannot be decompressed"), (wrong, "it says that it is batch 6"),
        ] {
            try put { json in
                DynamoDBName.append(pk: "us-east-1", sk: FeedTable.text(5), to: &json)
                bytes.withUnsafeBytes { json.attribute("batch", bytes: $0) }
            }
            let said = message { _ = try log.batches(after: nil) }
            for part in [why, "\(prefix)-feed in us-east-1", "batch 5", "delete the item pk us-east-1, sk"] {
                #expect(said.contains(part), "\(said)")
            }
        }
        try put { DynamoDBName.append(pk: "us-east-1", sk: "x", to: &$0) }
        #expect(message { _ = try log.batches(after: nil) }.contains("it is no batch"))
    }

    @Test("an outcome that nobody knows is not known, with its reason; a table that is missing says how it is made")
    func unknown() throws {
        let nowhere = try TableFeedLog(session, prefix: "\(prefix)-x")
        #expect(nowhere.write(.made(1)) == .unknown)
        #expect(nowhere.trouble?.contains("ResourceNotFoundException") == true, "\(nowhere.trouble ?? "")")
        #expect(message { _ = try nowhere.batches(after: nil) }.contains("converge tables create --prefix \(prefix)-x"))
        let port = try Emulator.freePort()
        let environment = try Self.emulator.get().environment().merging(["AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)"]) { $1 }
        let away = try TableFeedLog(AWSSession(Environment(environment)), prefix: prefix)
        #expect(away.write(.made(1)) == .unknown && away.trouble?.contains("127.0.0.1:\(port)") == true)
        #expect(throws: StoreError.self) { try away.batches(after: nil) }
    }

    @Test("items stay for a day")
    func expiry() throws {
        #expect(log.write(.made(3)) == .done)
        let page = try client.perform(
            DynamoDB.Query("\(prefix)-feed", condition: "pk = :pk") { $0.attribute(":pk", "us-east-1") })
        let left = try #require(page.rows { $0.integer("expiresAt") }.first) - Timestamp.now.milliseconds / 1_000
        #expect(abs(left - 86_400) < 600)
    }
}
