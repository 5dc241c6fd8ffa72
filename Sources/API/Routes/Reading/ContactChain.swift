import JSON
import Platform

/// The contacts that a contact names, and those that they name: its initial, previous, next and related ones.
///
/// A walk, nearest first, without I/O: it says whose entity it wants. At most ``contactsMax`` are looked at, none further than ``depthMax`` steps,
/// each once, so circles end. What is not in the state is listed as missing.
struct ContactChain {
    static let contactsMax = 32
    static let depthMax = 8

    /// How a contact came into the chain.
    struct Link {
        let id: String
        let relation: String
        let from: String
        let depth: Int
    }

    private static let relations: [(name: String, member: StaticString)] = [
        ("initial", "initialContactId"), ("previous", "previousContactId"), ("next", "nextContactId"),
        ("related", "relatedContactId"),
    ]

    private var waiting: [Link] = []
    private var known: Set<String>
    private var found: [(link: Link, state: [UInt8])] = []
    private var missing: [Link] = []
    private var isCut = false

    /// `state`: what is shown of the contact, in which ids of contacts stand.
    init(of id: String, _ state: [UInt8]) {
        known = [id]
        follow(id, depth: 0, state)
    }

    /// Which contact is to be read next; nil at the end.
    mutating func next() -> Link? {
        guard !waiting.isEmpty else { return nil }
        return waiting.removeFirst()
    }

    /// What was read of it, nil where it is not in the state.
    mutating func take(_ link: Link, _ state: [UInt8]?) {
        guard let state else { return missing.append(link) }
        found.append((link, state))
        follow(link.id, depth: link.depth, state)
    }

    private mutating func follow(_ id: String, depth: Int, _ state: [UInt8]) {
        let named =
            Reading.look(state) { state in
                ContactChain.relations.compactMap { relation in state.text(relation.member).map { (relation.name, $0) } }
            } ?? []
        for (relation, other) in named where !known.contains(other) {
            guard depth < ContactChain.depthMax, known.count <= ContactChain.contactsMax else {
                isCut = true
                continue
            }
            known.insert(other)
            waiting.append(Link(id: other, relation: relation, from: id, depth: depth + 1))
        }
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.array("contacts") { json in
                for (link, state) in found {
                    json.object { json in
                        link.write(to: &json)
                        ContactChain.writeSummary(of: state, to: &json)
                    }
                }
            }
            json.member("isCut", isCut)
            json.array("missing") { json in for link in missing { json.object { link.write(to: &$0) } } }
        }
    }

    /// Of the projection what tells contacts of a chain apart.
    private static func writeSummary(of state: [UInt8], to json: inout JSONWriter) {
        let parser = JSONParser()
        state.withUnsafeBytes { text in
            withExtendedLifetime(parser) {
                guard let root = try? parser.parse(text).root else { return }
                for name: StaticString in [
                    "activeRegion", "agent", "channel", "disconnectReason", "disconnectedAt", "initiatedAt", "initiationMethod",
                    "originRegion", "phase", "queue",
                ] {
                    json.key(name)
                    if let value = root.member(name) { json.raw(value.bytes) } else { json.null() }
                }
            }
        }
    }
}

extension ContactChain.Link {
    func write(to json: inout JSONWriter) {
        json.member("depth", depth)
        json.member("from", from)
        json.member("id", id)
        json.member("relation", relation)
    }
}
