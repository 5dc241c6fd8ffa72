import AWS
import JSON

/// How an item stands in DynamoDB: `pk` is the deployment and the shelf, `sk` its name. What conditions compare are attributes of their own; the rest is JSON in
/// a text, which people can read in the console.
extension ControlItem {
    /// What is missing is empty, which its reader then cannot read: no item is passed over in silence.
    init(_ view: ItemView, shelf: Shelf) {
        self.init(
            key: Key(shelf: shelf, name: view.text("sk") ?? ""), token: view.text("itemToken") ?? "",
            number: view.integer("itemNumber") ?? 0, isOpen: view.integer("isRunning") == 1, value: view.text("json") ?? "")
        if let token = view.text("noteToken"), let value = view.text("noteJson") { note = Note(token: token, value: value) }
    }
}

extension ControlItem.Key {
    func append(to json: inout JSONWriter, deployment: String) {
        json.attribute("pk", shelf.partition(deployment))
        json.attribute("sk", name)
    }
}

extension ControlItem.Shelf {
    func partition(_ deployment: String) -> String { "\(deployment)#\(rawValue)" }
}

extension ControlCondition {
    var expression: String {
        switch self {
        case .always: ""
        case .absent: "attribute_not_exists(pk)"
        case .token: "itemToken = :was"
        case .notOpen: "attribute_not_exists(pk) OR isRunning = :was"
        case .below: "attribute_not_exists(pk) OR itemNumber < :was"
        case .noNote: "attribute_exists(pk) AND attribute_not_exists(noteToken)"
        case .note: "noteToken = :was"
        }
    }

    func appendValues(to json: inout JSONWriter) {
        switch self {
        case .always, .absent, .noNote: break
        case .token(let token), .note(let token): json.attribute(":was", token)
        case .notOpen: json.attribute(":was", 0)
        case .below(let number): json.attribute(":was", number)
        }
    }
}

extension ControlWrite {
    /// Does it at an endpoint: the error, or nil; where nothing was heard until the deadline, an outer nil.
    func perform(
        _ client: ServiceClient, _ table: String, _ deployment: String, until deadline: Int64
    ) -> AWSError?? {
        func error<Output>(_ result: Result<Output, AWSError>?) -> AWSError?? {
            switch result {
            case nil: nil
            case .success: .some(nil)
            case .failure(let error): .some(error)
            }
        }
        switch self {
        case .put(let item, let condition):
            let put = DynamoDB.PutItem(table, condition: condition.expression, returnsItem: condition != .always) { json in
                item.key.append(to: &json, deployment: deployment)
                json.attribute("itemToken", item.token)
                json.attribute("itemNumber", item.number)
                json.attribute("isRunning", item.isOpen ? 1 : 0)
                json.attribute("json", item.value)
            } values: {
                condition.appendValues(to: &$0)
            }
            return error(client.perform(put, until: deadline))
        case .note(let note, let key, let condition):
            let update = DynamoDB.UpdateItem(
                table, update: "SET noteToken = :token, noteJson = :json", condition: condition.expression, returnsItem: true
            ) {
                key.append(to: &$0, deployment: deployment)
            } values: { json in
                json.attribute(":token", note.token)
                json.attribute(":json", note.value)
                condition.appendValues(to: &json)
            } row: { _ in
                true
            }
            return error(client.perform(update, until: deadline))
        case .delete(let key, let condition):
            let delete = DynamoDB.DeleteItem(table, condition: condition.expression, returnsItem: condition != .always) {
                key.append(to: &$0, deployment: deployment)
            } values: {
                condition.appendValues(to: &$0)
            }
            return error(client.perform(delete, until: deadline))
        }
    }
}
