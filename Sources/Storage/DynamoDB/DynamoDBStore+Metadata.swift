import AWS
public import EngineCore
import JSON

/// Named values, a row each in the agents' table: `pk` `converge#metadata`, `sk` the Region and the name, so that each Region has its own.
extension DynamoDBStore {
    public func metadata(_ name: String) throws(StoreError) -> String? {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table(.agent))
            json.object("Key") { appendKey(name, into: &$0) }
            json.member("ConsistentRead", true)
        }
        do {
            return try client.perform("GetItem", json.bytes).readJSON { $0.member("Item")?.member("value")?.text("S") }
        } catch let error as AWSError {
            throw StoreError(error, prefix: prefix)
        } catch {
            throw StoreError(.failed, "DynamoDB's answer to GetItem is no JSON: \(error)")
        }
    }

    public func setMetadata(_ name: String, _ value: String) throws(StoreError) {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table(.agent))
            json.object("Item") { json in
                appendKey(name, into: &json)
                json.object("value") { $0.member("S", value) }
            }
        }
        do throws(AWSError) { _ = try client.perform("PutItem", json.bytes) } catch {
            throw StoreError(error, prefix: prefix)
        }
    }

    private func appendKey(_ name: String, into json: inout JSONWriter) {
        json.object("pk") { $0.member("S", "converge#metadata") }
        json.object("sk") { $0.member("S", "\(region)/\(name)") }
    }
}
