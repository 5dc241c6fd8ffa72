import ContactCenter
import JSON
import Platform

/// What the block "Invoke AWS Lambda function" of a contact flow sends, as far as it is used: the contact, and the block's parameters.
///
/// Only the contact's id has to be there. Members that are not known are not looked at; of parameters that are no texts, numbers and
/// booleans are taken as they stand, and others are left out. An empty parameter is one that the flow does not have: it counts as not given.
struct FlowRequest: Sendable {
    /// Longest event, in bytes. A flow's own limit is 32 KB.
    static let bytesMax = 256 << 10
    /// Longest contact id, in bytes: with the kind before it, it fits into a partition key of Kinesis.
    static let contactIDBytesMax = 200
    /// Parameters that are looked at.
    static let parametersMax = 64

    /// Why an event is none.
    enum Flaw: Error, Equatable {
        case tooLarge
        case malformed
    }

    let contactID: String
    /// `VOICE`, `CHAT`, `TASK`, `EMAIL`.
    let channel: String?
    /// Of the customer.
    let endpoint: (type: String, address: String)?
    let parameters: [String: String]

    init(_ event: ByteView) throws(Flaw) {
        guard event.count <= FlowRequest.bytesMax else { throw .tooLarge }
        var text = ByteBuffer(capacity: event.count)
        text.append(event)
        let parser = JSONParser()
        guard let root = try? parser.parse(text.bytes).root, let details = root.member("Details"), details.isObject,
            let data = details.member("ContactData"), data.isObject,
            let id = data.text("ContactId"), (1...FlowRequest.contactIDBytesMax).contains(id.utf8.count)
        else { throw .malformed }
        contactID = id
        channel = data.text("Channel").flatMap { $0.isEmpty ? nil : $0 }
        endpoint = data.member("CustomerEndpoint").flatMap { endpoint in
            guard let type = endpoint.text("Type"), let address = endpoint.text("Address"), !address.isEmpty else { return nil }
            return (type, address)
        }
        var parameters: [String: String] = [:]
        guard let given = details.member("Parameters") else {
            self.parameters = parameters
            return
        }
        for (name, value) in given.members.prefix(FlowRequest.parametersMax) {
            let text =
                switch value.kind {
                case .string: value.text
                case .number, .true, .false: value.bytes.text
                case .object, .array, .null: nil as String?
                }
            var plain = ByteBuffer(capacity: name.count)
            JSONValue.appendUnescaped(name: name, to: &plain)
            if let text, !text.isEmpty { parameters[plain.bytes.text] = text }
        }
        self.parameters = parameters
    }

    // MARK: What is asked

    /// Whether the flow tells something; otherwise it asks.
    var isSave: Bool { parameters["action"]?.lowercased() == "save" }

    /// About whom a flow may ask.
    enum Subject: Equatable, Sendable {
        case customer(String)
        case contact(String)
        case alias(AliasType, String)
    }

    /// The first of the parameters `customerId`, `contactId`, `phone`, `email`, `chat`; without them the endpoint that the contact came from. Nil:
    /// nobody is named.
    var subject: Subject? {
        if let id = parameters["customerId"] { return .customer(id) }
        if let id = parameters["contactId"] { return .contact(id) }
        for type in AliasType.allCases { if let identity = parameters["\(type.name)"] { return .alias(type, identity) } }
        switch endpoint?.type {
        case "TELEPHONE_NUMBER": return endpoint.map { .alias(.phone, $0.address) }
        case "EMAIL_ADDRESS": return endpoint.map { .alias(.email, $0.address) }
        default: return nil
        }
    }

    /// By what the customer is known: the parameter `identifiedBy`; without it a number or an address is one that anybody can show.
    var identification: ContextAsked.Identification? {
        if let told = parameters["identifiedBy"] { return ContextAsked.Identification(rawValue: told) }
        if case .alias = subject { return .callerNumber }
        return nil
    }
}
