import Platform
import TestSupport
import Testing

@testable import AWS

@Suite("canonical JSON as DynamoDB attribute values", .limited)
struct AttributeValueTests {
    private func typed(_ json: String) -> String {
        var out = ByteBuffer()
        Array(json.utf8).withUnsafeBytes { AttributeValue.append(canonical: $0, to: &out) }
        return out.bytes.text
    }

    @Test(
        "every kind of JSON value has its DynamoDB type",
        arguments: [
            ("null", #"{"NULL":true}"#), ("true", #"{"BOOL":true}"#), ("false", #"{"BOOL":false}"#), ("\"\"", #"{"S":""}"#),
            (#""a\"b\\""#, #"{"S":"a\"b\\"}"#), ("-1.5e+10", #"{"N":"-1.5e+10"}"#), ("[]", #"{"L":[]}"#), ("{}", #"{"M":{}}"#),
            (#"{"a":[1,{"b":null}],"c":"d"}"#, #"{"M":{"a":{"L":[{"N":"1"},{"M":{"b":{"NULL":true}}}]},"c":{"S":"d"}}}"#),
        ])
    func forms(_ json: String, _ wanted: String) { #expect(typed(json) == wanted) }

    @Test(
        "a value that DynamoDB cannot store is written as its text",
        arguments: [
            #"{"":1}"#, "[1e126]", "[1e-126]", "[" + String(repeating: "1", count: 39) + "]",
            String(repeating: "[", count: 29) + String(repeating: "]", count: 29),
        ])
    func beyond(_ json: String) {
        #expect(typed(json) == "{\"S\":\"" + json.map { $0 == "\"" ? "\\\"" : "\($0)" }.joined() + "\"}")
    }

    @Test("the capacity units of a response are added up")
    func units() {
        let answers = [
            (#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5}}"#, 2.5), ("{}", 0),
            (#"{"ConsumedCapacity":[{"CapacityUnits": 1.0},{"CapacityUnits":3}]}"#, 4),
        ]
        for (json, wanted) in answers { #expect(Array(json.utf8).withUnsafeBytes(CapacityUnits.sum) == wanted) }
    }
}
