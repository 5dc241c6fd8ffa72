import EngineCore
import Servers
import TestSupport
import Testing

@testable import Storage

/// Every way in which a table says no to a row, one row of ten at a time.
@Suite("rows that DynamoDB refuses", .limited(minutes: 5))
struct RowRefusalTests {
    private let tables: StateTables
    private let proxy: RefusingProxy

    init() throws {
        tables = try StateTables()
        proxy = try RefusingProxy(before: tables.emulator)
    }

    private func store(throttledMilliseconds: Int64 = 10_000) throws -> DynamoDBStore {
        try tables.store(
            ["AWS_ENDPOINT_URL": proxy.base, "AWS_MAX_ATTEMPTS": "1"], throttledMilliseconds: throttledMilliseconds)
    }

    /// What is written to the tables, by number of contact.
    private func written(_ numbers: Range<Int>) throws -> Set<Int> {
        Set(try tables.store().found(numbers.map { key($0) }).keys.map { $0 + numbers.lowerBound })
    }

    private static let five = #""contact#contact-5""#

    struct Case: CustomTestStringConvertible, Sendable {
        enum Outcome { case refusedForGood, givenBack, failure, written }
        var testDescription: String
        var rules: [RefusingProxy.Rule]
        var outcome: Outcome
        /// Whether the row takes several items.
        var isLarge = false
    }

    private static func put(_ code: String, _ message: String = "no", status: Int = 400, times: Int? = nil) -> [RefusingProxy
        .Rule]
    {
        [.init("PutItem", contains: five, status: status, code: code, message: message, times: times)]
    }

    private static func cancelled(_ reason: String, why: String = "no") -> [RefusingProxy.Rule] {
        [
            .init(
                "TransactWriteItems", contains: five, code: "TransactionCanceledException",
                message: "Transaction cancelled, please refer cancellation reasons for specific reasons [\(reason), None]",
                more: #"{"CancellationReasons":[{"Code":"\#(reason)","Message":"\#(why)"},{"Code":"None"}]}"#)
        ]
    }

    static let cases = [
        Case(
            testDescription: "an item that is too large",
            rules: put("ValidationException", "Item size has exceeded the maximum allowed size"), outcome: .refusedForGood),
        Case(
            testDescription: "values that are nested too deep, which a row can do without",
            rules: put("ValidationException", "Nesting Levels have exceeded supported limits", times: 1), outcome: .written),
        Case(
            testDescription: "an input that the service cannot read",
            rules: put("SerializationException", "Start of structure or map found where not expected"), outcome: .refusedForGood
        ),
        Case(
            testDescription: "a key that is too long",
            rules: put("ValidationException", "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
            outcome: .refusedForGood),
        Case(
            testDescription: "an item collection that is full", rules: put("ItemCollectionSizeLimitExceededException"),
            outcome: .refusedForGood),
        Case(testDescription: "a request that is too long", rules: put("", status: 413), outcome: .refusedForGood),
        Case(
            testDescription: "a transaction over 4 MB",
            rules: [.init("TransactWriteItems", contains: five, code: "ValidationException", message: "4 MB")],
            outcome: .refusedForGood, isLarge: true),
        Case(
            testDescription: "a transaction of which an item is refused",
            rules: cancelled("ValidationError", why: "Item size has exceeded the maximum allowed size"),
            outcome: .refusedForGood,
            isLarge: true),
        Case(
            testDescription: "a transaction of which an item collection is full",
            rules: cancelled("ItemCollectionSizeLimitExceeded"), outcome: .refusedForGood, isLarge: true),
        Case(
            testDescription: "a condition that does not hold", rules: put("ConditionalCheckFailedException"),
            outcome: .givenBack),
        Case(
            testDescription: "a transaction whose condition does not hold", rules: cancelled("ConditionalCheckFailed"),
            outcome: .givenBack, isLarge: true),
        Case(testDescription: "a service that is unwell", rules: put("InternalServerError", status: 500), outcome: .givenBack),
        Case(
            testDescription: "a conflict of transactions", rules: put("TransactionConflictException", times: 3),
            outcome: .written),
        Case(
            testDescription: "another Region that writes just now", rules: put("ReplicatedWriteConflictException", times: 3),
            outcome: .written),
        Case(
            testDescription: "a table that is throttled for a while", rules: put("ThrottlingException", times: 3),
            outcome: .written),
        Case(
            testDescription: "permission that is missing", rules: put("AccessDeniedException", "not authorized"),
            outcome: .failure),
        Case(testDescription: "a table that is not there", rules: put("ResourceNotFoundException"), outcome: .failure),
        Case(testDescription: "a key of KMS that is disabled", rules: put("KMSDisabledException"), outcome: .failure),
        Case(
            testDescription: "a table of another key",
            rules: put("ValidationException", "One or more parameter values were invalid: Missing the key id in the item"),
            outcome: .failure),
        Case(
            testDescription: "a table whose key is of another type",
            rules: put(
                "ValidationException", "One or more parameter values were invalid: Type mismatch for key pk expected: B"),
            outcome: .failure),
        Case(
            testDescription: "a transaction on a table of another key",
            rules: cancelled("ValidationError", why: "The provided key element does not match the schema"), outcome: .failure,
            isLarge: true),
    ]

    @Test("a refusal by DynamoDB is handled for its row, and the nine other rows are written", arguments: cases)
    func refused(_ refusal: Case) throws {
        let store = try store()
        try proxy.refuse(refusal.rules)
        // A seventh of a megabyte a register: over one item.
        let told = refusal.isLarge ? large() : entity(3)
        var flush = rows(0..<5, entity(3))
        flush.rows += rows(5..<6, told).rows + rows(6..<10, entity(3)).rows
        switch refusal.outcome {
        case .failure:
            let error = failure { try store.write(flush) }
            #expect(error?.reason == .unavailable && error?.row == nil, "\(String(describing: error))")
            #expect(try !written(5..<6).contains(5))
            return
        case .written: #expect(try store.write(flush) == nil)
        case .givenBack:
            let refused = try #require(try store.write(flush))
            #expect(refused.map { Array($0.key) } == [key(5)] && refused.refusals.isEmpty)
        case .refusedForGood:
            let refused = try #require(try store.write(flush))
            #expect(refused.map { Array($0.key) } == [key(5)] && refused.map { Array($0.entity) } == [told])
            #expect(refused.refusals[0]?.hasPrefix("cannot write contact#contact-5") == true, "\(refused.refusals)")
        }
        #expect(try written(0..<10).subtracting([5]) == [0, 1, 2, 3, 4, 6, 7, 8, 9])
        #expect(try written(5..<6).contains(5) == (refusal.outcome == .written))
    }

    @Test(
        "a row that is too large for a transaction is refused before it is sent, and the other rows are written",
        arguments: [(registers: 1, size: 600_000, "400 KB"), (registers: 40, size: 150_000, "4 MB")])
    func unsendable(registers: Int, size: Int, why: String) throws {
        let store = try store()
        var flush = rows(0..<1, large(registers: registers, of: size))
        flush.rows += rows(1..<3, entity(3)).rows
        let refused = try #require(try store.write(flush))
        #expect(refused.count == 1 && refused.refusals[0]?.contains(why) == true, "\(refused.refusals)")
        #expect(try written(0..<3) == [1, 2])
    }

    @Test("rows that are throttled until the write's time limit are returned, and the others are written")
    func throttledForLong() throws {
        let store = try store(throttledMilliseconds: 300)
        try proxy.refuse((5..<8).map { .init("PutItem", contains: "contact#contact-\($0)\"", code: "ThrottlingException") })
        let refused = try #require(try store.write(rows(0..<20, entity(3))))
        #expect(Set(refused.map { Array($0.key) }) == Set((5..<8).map { key($0) }))
        #expect(
            refused.allSatisfy { $0.revision == one && $0.entity.elementsEqual(entity(3)) } && refused.refusals.isEmpty)
        #expect(try written(0..<20) == Set(0..<20).subtracting(5..<8))
        #expect(store.currentFigures.throttles >= 3)
        try proxy.refuse([])
        #expect(try store.write(rows(5..<8, entity(3))) == nil)
        #expect(try written(0..<20) == Set(0..<20))
    }

    @Test("a write whose time limit has passed before it begins still tries every row once, and returns the throttled ones")
    func noTime() throws {
        let store = try store(throttledMilliseconds: 0)
        try proxy.refuse([.init("PutItem", contains: RowRefusalTests.five, code: "ThrottlingException")])
        #expect(try store.write(rows(0..<10, entity(3)))?.map { Array($0.key) } == [key(5)])
        #expect(try written(0..<10) == Set(0..<10).subtracting([5]))
    }

    @Test("a read of many keys without rows completes, over any number of requests")
    func manyMissing() throws {
        let store = try store()
        #expect(try store.found((0..<20_000).map { key($0) }).isEmpty)
    }

    @Test("a read that is throttled, or only partly processed, continues until it has a result for every key")
    func throttledRead() throws {
        let store = try store()
        try store.write(rows(0..<250, entity(3)))
        try proxy.refuse([.init("BatchGetItem", code: "ThrottlingException", times: 5)])
        #expect(try store.found((0..<500).map { key($0) }).count == 250)
        #expect(try proxy.struck() == [5])
        // For ever: the read fails in the end, and says why.
        try proxy.refuse([.init("BatchGetItem", code: "AccessDeniedException")])
        #expect(failure { _ = try store.found([key(1)]) }?.reason == .unavailable)
    }

    @Test("the error for an unreadable row contains its index, so that the others can be read without it")
    func unreadable() throws {
        let store = try store()
        try store.write(rows(0..<10, entity(3)))
        try tables.put(.contact, ["pk": "contact#contact-5", "sk": "us-east-1", "rev": "nothing"])
        let error = failure { _ = try store.found((0..<10).map { key($0) }) }
        #expect(error?.reason == .corrupt && error?.row == 5, "\(String(describing: error))")
        #expect(try store.found((0..<5).map { key($0) } + (6..<10).map { key($0) }).count == 9)
    }
}
