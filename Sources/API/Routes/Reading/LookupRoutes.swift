public import ContactCenter
import EngineCore
public import HTTPServer
import JSON
import Platform

extension HTTPRouter {
    /// `POST /v1/lookups`: who is known by a phone number, an e-mail address or a chat identity, and who called last from there (`docs/api.md`,
    /// Lookups). A POST, so that the number stands in no log of targets, and in no cache.
    ///
    /// `key`: of the deployment's aliases; nil: there are none, and every request is told so. `atOnceMax` as of ``addReading(_:atOnceMax:)``.
    public mutating func addLookups(_ source: ReadingSource, key: AliasKey?, atOnceMax: Int = 32) {
        // Who calls again at once is to be known as they were a moment ago: the store is asked.
        var source = source
        source.resident = nil
        let routes = ReadingRoutes(source: source, places: StatePlaces(atOnceMax))
        add(
            "POST", "/v1/lookups", access: .scopes([ReadingScope.personal]), limit: .read, bodyBytesMax: LookupAsked.bytesMax
        ) { request in
            guard let key else {
                return .problem(404, "this deployment has no aliases: aliases.key-file is not set")
            }
            let asked: LookupAsked
            do throws(UsageError) { asked = try LookupAsked(request.body) } catch { return .problem(400, "\(error)") }
            guard let id = key.id(asked.type, asked.identity) else { return .problem(400, asked.unusable) }
            var answer = routes.answer(request, "/v1/lookups", accepting: []) { (reading, _) throws(StoreError) in
                try routes.lookup(id, reading) ?? .problem(404, "nobody is known by this \(asked.noun)")
            }
            // Whom it is about, without the number: the alias's own id, which is keyed.
            answer.subjects.insert("alias=\(id)", at: 0)
            return answer
        }
    }
}

/// What a lookup is asked for: an object with one of these members, a text.
struct LookupAsked {
    /// Longest body, in bytes.
    static let bytesMax = 4096

    let type: AliasType
    let identity: String

    /// Throws what is accepted, without what was sent.
    init(_ body: [UInt8]) throws(UsageError) {
        let usage = UsageError(#"give a JSON object with one member, phone, email or chat, such as {"phone": "+442079460018"}"#)
        let parser = JSONParser()
        let found = body.withUnsafeBytes { bytes -> (AliasType, String)? in
            withExtendedLifetime(parser) {
                guard let root = try? parser.parse(bytes).root, root.isObject else { return nil }
                let members = root.members.prefix(2).map { (name: $0.name.text, value: $0.value) }
                guard members.count == 1, let type = AliasType.allCases.first(where: { "\($0.name)" == members[0].name }),
                    let text = members[0].value.text
                else { return nil }
                return (type, text)
            }
        }
        guard let found else { throw usage }
        (type, identity) = found
    }

    /// For people.
    var noun: String {
        switch type {
        case .phone: "phone number"
        case .email: "e-mail address"
        case .chat: "chat identity"
        }
    }

    /// Why it has no alias.
    var unusable: String {
        let why = type == .phone ? "; give a whole number with its calling code, such as +442079460018" : ""
        return "\(type.name): this is no \(noun) that can be normalised" + why
    }
}

extension ReadingRoutes {
    /// What an alias tells, and its last contact. Nil where there is no such alias. Cost: two reads.
    func lookup(_ id: String, _ reading: Reading) throws(StoreError) -> HTTPResponse? {
        guard let alias = try reading.state(.alias, id) else { return nil }
        let newest = Reading.look(alias) { $0.member("contacts")?.elements.first { _ in true }?.text } ?? nil
        var last: [UInt8]?
        if let newest { last = try reading.state(.contact, newest) }
        let customers = Reading.look(alias) { $0.member("customers").map { $0.elements.compactMap(\.text) } ?? [] } ?? []
        reading.answer.data.object { json in
            // Its members, without the braces.
            alias.dropFirst().dropLast().withUnsafeBytes { json.raw($0) }
            json.key("lastContact")
            guard let last, Reading.look(last, { LookupContact.write($0, to: &json) }) != nil else { return json.null() }
        }
        var answer = reading.respond()
        answer.subjects = customers.map { "customer=\($0)" }
        return answer
    }
}

/// What a flow wants to know of the contact before.
private enum LookupContact {
    private static let names: [StaticString] = [
        "agent", "channel", "customerId", "disconnectReason", "disconnectedAt", "id", "initiatedAt", "initiationMethod",
        "phase", "queue",
    ]

    static func write(_ state: JSONValue, to json: inout JSONWriter) {
        json.object { json in
            for name in names {
                json.key(name)
                if let value = state.member(name) { json.raw(value.bytes) } else { json.null() }
            }
        }
    }
}
