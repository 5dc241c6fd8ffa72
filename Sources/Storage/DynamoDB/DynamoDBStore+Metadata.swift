import AWS
public import EngineCore
import JSON

/// Named values, a row each in the agents' table: `pk` `converge#metadata`, `sk` the Region and the name, so that each Region has its own.
extension DynamoDBStore {
    public func metadata(_ name: String) throws(StoreError) -> String? {
        let request = DynamoDB.GetItem(table(.agent)) {
            appendKey(name, to: &$0)
        } row: {
            $0.text("value")
        }
        do throws(AWSError) { return try client.perform(request) } catch { throw StoreError(error, prefix: prefix) }
    }

    public func setMetadata(_ name: String, _ value: String) throws(StoreError) {
        let request = DynamoDB.PutItem(table(.agent)) { json in
            appendKey(name, to: &json)
            json.attribute("value", value)
        }
        do throws(AWSError) { _ = try client.perform(request) } catch { throw StoreError(error, prefix: prefix) }
    }

    private func appendKey(_ name: String, to json: inout JSONWriter) {
        DynamoDBName.append(pk: "converge#metadata", sk: "\(region)/\(name)", to: &json)
    }
}
