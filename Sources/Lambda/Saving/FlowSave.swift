import JSON
import Platform

/// What a flow tells: where the contact is in it, and variables; as the CloudEvent that an endpoint would be given (`converge.flow.v1`).
struct FlowSave: Equatable {
    /// What parameters begin with that are variables, and keys of the answer.
    static let prefix = "variable_"
    /// Variables of one event, bytes of a name, of a value, and of all values together.
    static let variablesMax = 32
    static let nameBytesMax = 64
    static let valueBytesMax = 4096
    static let bytesMax = 32 << 10

    let contactID: String
    let id: String
    /// Without time, Region and signature.
    let event: [UInt8]

    /// Nil where there is no position, or a variable that is too long or has no proper name: half of what a flow tells is not saved.
    init?(_ request: FlowRequest) {
        guard let position = request.parameters["position"], position.utf8.count <= FlowSave.valueBytesMax else { return nil }
        var fields = ["position": position]
        for name in ["flow", "customerId"] { fields[name] = request.parameters[name] }
        for (name, value) in request.parameters where name.hasPrefix(FlowSave.prefix) {
            let bare = String(name.dropFirst(FlowSave.prefix.utf8.count))
            guard FlowSave.isName(bare), value.utf8.count <= FlowSave.valueBytesMax, fields[bare] == nil else { return nil }
            fields[bare] = value
        }
        guard fields.count <= FlowSave.variablesMax + 3, fields.values.reduce(0, { $0 + $1.utf8.count }) <= FlowSave.bytesMax
        else { return nil }
        contactID = request.contactID
        var data = JSONWriter()
        data.object { json in
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.string(value)
            }
        }
        let fieldBytes = data.bytes
        id = FlowSave.id(of: request.contactID, position, fieldBytes)
        var json = JSONWriter(capacity: fieldBytes.count + 256)
        json.object { [id] json in
            json.key("data" as StaticString)
            fieldBytes.withUnsafeBytes { json.raw($0) }
            json.member("id", id)
            json.member("source", "urn:converge:flow")
            json.member("specversion", "1.0")
            json.member("subject", request.contactID)
            json.member("type", "converge.flow.v1")
        }
        event = json.bytes
    }

    /// Of a variable, in parameters, in settings and in answers.
    static func isName(_ text: String) -> Bool {
        (1...nameBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    /// The same for the same contact, position and fields: an invocation that is repeated tells the same event. In the form of a UUID, which
    /// takes the least space in a state.
    private static func id(of contact: String, _ position: String, _ data: [UInt8]) -> String {
        var said = ByteBuffer(capacity: data.count + 256)
        for part in [contact, position] {
            said.append(part)
            said.append(0 as UInt8)
        }
        data.withUnsafeBytes { said.append($0) }
        var digest = ByteBuffer(capacity: 32)
        SHA256.append(of: said.bytes, to: &digest)
        var hex = ByteBuffer(capacity: 32)
        hex.appendHex(digest.bytes.slice(0, 16))
        let text = Array(hex.bytes.text)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }.joined(separator: "-")
    }
}
