import Platform
import TestSupport
import Testing

@testable import AWS
@testable import JSON

@Suite("the size of an item", .limited)
struct ItemSizeTests {
    @Test(
        "names and values count as DynamoDB counts them",
        arguments: [
            (#"{}"#, 0), (#"{"pk":{"S":"agent#1"}}"#, 2 + 7), (#"{"a":{"S":"\"ä\n"}}"#, 1 + 4),
            (#"{"a":{"B":"AQIDBA=="}}"#, 1 + 4),
            (#"{"a":{"N":"0"}}"#, 1 + 1), (#"{"a":{"N":"1700000000000"}}"#, 1 + 2), (#"{"a":{"N":"1700000000123"}}"#, 1 + 8),
            (#"{"a":{"N":"-12.50"}}"#, 1 + 2 + 2), (#"{"a":{"BOOL":true}}"#, 2), (#"{"a":{"NULL":true}}"#, 2),
            (#"{"a":{"M":{}}}"#, 1 + 3), (#"{"a":{"M":{"bc":{"S":"def"}}}}"#, 1 + 3 + 1 + 2 + 3),
            (#"{"a":{"L":[{"S":"x"},{"M":{"y":{"BOOL":false}}}]}}"#, 1 + 3 + 1 + 1 + 1 + 3 + 1 + 1 + 1),
            (#"{"a":{"SS":["ab","c"]}}"#, 1 + 3), (#"{"a":{"S":"x"},"b":{"S":"yz"}}"#, 2 + 3),
        ])
    func sizes(item: String, bytes: Int) throws {
        let parser = JSONParser()
        try Array(item.utf8).withUnsafeBytes { text in
            let root = try parser.parse(text).root
            #expect(ItemView(root).byteCount == bytes)
        }
    }
}
