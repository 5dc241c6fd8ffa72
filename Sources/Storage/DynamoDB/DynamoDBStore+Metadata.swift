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
            return try client.perform("GetItem", json.bytes).readJSON { root in
                root.member("Item").flatMap { ItemView($0).text("value") }
            }
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
                json.attribute("value", value)
            }
        }
        do throws(AWSError) { _ = try client.perform("PutItem", json.bytes) } catch {
            throw StoreError(error, prefix: prefix)
        }
    }

    private func appendKey(_ name: String, into json: inout JSONWriter) {
        DynamoDBName.append(pk: "converge#metadata", sk: "\(region)/\(name)", to: &json)
    }
}
