import JSON
public import Platform

/// Which members of an entity's projection (`docs/state.md`) come from ``PersonalFacts``: what a reader without the right to personal data
/// is not shown.
///
///     PersonalMembers.of(.contact).names   // ["agent.username", "attributes", ..]
///
/// Values; a lookup is linear in some dozen rows.
public struct PersonalMembers: Sendable {
    /// From the outside in, by dots; `*` stands for any element of a list, or any name.
    public let names: [String]
    private let paths: [[String]]

    public init(_ names: [String]) {
        self.names = names
        paths = names.map { $0.split(separator: ".").map(String.init) }
    }

    /// The table.
    public static func of(_ kind: EntityKind) -> PersonalMembers {
        switch kind {
        case .agent: agent
        case .alias: alias
        case .contact: contact
        case .customer: customer
        case .flow: flow
        case .session: session
        case .queue, .username, .volume: none
        }
    }

    /// Appends JSON without these members, or `null` where it is none. Cost: it is parsed, and copied but for them.
    public func appendRest(ofText json: ByteView, to out: inout ByteBuffer) {
        let parser = JSONParser()
        withExtendedLifetime(parser) {
            guard let root = try? parser.parse(json).root else { return out.append("null") }
            appendRest(of: root, to: &out)
        }
    }

    /// Appends `json` without these members.
    func appendRest(of json: JSONValue, to out: inout ByteBuffer) {
        PersonalMembers.append(json, without: paths[...], to: &out)
    }

    private static func append(_ json: JSONValue, without paths: ArraySlice<[String]>, to out: inout ByteBuffer) {
        guard !paths.isEmpty, json.isObject || json.isArray else { return out.append(json.bytes) }
        var isFirst = true
        func comma(_ out: inout ByteBuffer) {
            if !isFirst { out.append(",") }
            isFirst = false
        }
        if json.isArray {
            out.append("[")
            for element in json.elements {
                comma(&out)
                append(element, without: below("*", paths), to: &out)
            }
            return out.append("]")
        }
        out.append("{")
        for (name, value) in json.members {
            let text = name.text
            let rest = below(text, paths)
            guard !rest.contains(where: \.isEmpty) else { continue }
            comma(&out)
            out.append("\"")
            out.append(name)
            out.append("\":")
            append(value, without: rest, to: &out)
        }
        out.append("}")
    }

    /// What is left of the paths that begin with a member.
    private static func below(_ name: String, _ paths: ArraySlice<[String]>) -> ArraySlice<[String]> {
        paths.filter { $0.first == name || $0.first == "*" }.map { Array($0.dropFirst()) }[...]
    }

    private static let alias = PersonalMembers(["customers"])
    private static let agent = PersonalMembers(["username"])
    private static let contact = PersonalMembers([
        "agent.username", "attributes", "customerEndpoint.address", "customerId", "offeredTo.*.username",
        "recordings.*.location",
        "references.*.value", "segmentAttributes", "tags", "transferredToEndpoint.address",
    ])
    private static let customer = PersonalMembers(["authentication", "fields"])
    private static let flow = PersonalMembers(["variables"])
    private static let session = PersonalMembers(["fields"])
    private static let none = PersonalMembers([])
}
