import ContactCenter
import JSON
import Lattice
import Platform
import Simulation
import TestSupport
import Testing

@Suite("the canonical line of an entity", .limited)
struct StateWriterTests {
    @Test("a line contains id, kind, registers and state, compact and sorted")
    func line() {
        let session = StateFixture(.session, "s/1\"") {
            $0.set("field/", "a/b", "1", at: "14:00:00", rank: 0, region: "r", id: "e")
        }
        #expect(
            session.line()
                == "{\"id\":\"s/1\\\"\",\"kind\":\"session\",\"registers\":{\"field/a%2Fb\":{\"event\":\"e\",\"rank\":0,"
                + "\"region\":\"r\",\"time\":\"2026-03-02T14:00:00.000Z\",\"value\":1}},"
                + "\"state\":{\"fields\":{\"a/b\":1},\"region\":\"r\",\"updatedAt\":\"2026-03-02T14:00:00.000Z\"}}")
    }

    @Test("an unknown kind is written as its number and without a state")
    func unknownKind() {
        let key: [UInt8] = [200, UInt8(ascii: "x")]
        let entity = StateFixture(.session) { $0.set("field/", "a", "1") }.encoding()
        var out = ByteBuffer()
        key.withUnsafeBytes { StateWriter().appendLine(key: EntityKey($0), entity: EntityView(entity.bytes), to: &out) }
        #expect(out.bytes.text.hasPrefix("{\"id\":\"x\",\"kind\":\"200\",\"registers\":{\"field/a\":"))
        #expect(out.bytes.text.hasSuffix(",\"state\":{}}"))
    }

    @Test("lines and states are appended to the buffer")
    func appends() {
        let entity = StateExamples.contact.encoding()
        let key: [UInt8] = [EntityKind.contact.rawValue, UInt8(ascii: "c")]
        var alone = ByteBuffer()
        var behind = ByteBuffer()
        behind.append("before\n")
        let writer = StateWriter()
        key.withUnsafeBytes {
            writer.appendLine(key: EntityKey($0), entity: EntityView(entity.bytes), to: &alone)
            writer.appendLine(key: EntityKey($0), entity: EntityView(entity.bytes), to: &behind)
        }
        #expect(behind.bytes.text == "before\n" + alone.bytes.text)
    }

    @Test("a writer carries nothing over from one entity to the next")
    func reuse() {
        let writer = StateWriter()
        let entities = StateExamples.all + EntityKind.allCases.map { StateFixture($0) }
        for entity in entities + entities.reversed() + entities { #expect(entity.line(writer) == entity.line()) }
    }

    @Test("a line does not depend on the order in which registers are written and joined", arguments: StateExamples.all.indices)
    func order(_ index: Int) {
        let example = StateExamples.all[index]
        let line = example.line()
        var generator = Dice(seed: UInt64(index))
        for _ in 0..<20 {
            // Every telling twice: a duplicate does not show either.
            let order = (Array(example.told.indices) + Array(example.told.indices)).shuffled(using: &generator)
            #expect(example.line(of: example.encoding(joinedInOrder: order)) == line)
        }
    }

    @Test("the lines of all examples are canonical JSON", arguments: StateExamples.all.indices)
    func canonical(_ index: Int) {
        let line = StateExamples.all[index].line()
        #expect(CanonicalJSON.rewrite(line) == line)
    }

    /// Replaces each value within each register by values of every other type. The line must stay canonical, and the
    /// projection must keep its names.
    @Test("a value of the wrong type anywhere is never an error", arguments: StateExamples.all.indices)
    func wrongTypes(_ index: Int) {
        let example = StateExamples.all[index]
        let names = CanonicalJSON.memberNames(example.state)
        let writer = StateWriter()
        var tried = 0
        for at in example.told.indices {
            guard let value = example.told[at].value else { continue }
            for (start, length) in CanonicalJSON.values(in: value) {
                for replacement in ["null", "7", "\"\"", "\"x\"", "[]", "[7]", "{}", "{\"a\":[{}]}", "true"] {
                    var bytes = Array(value.utf8)
                    bytes.replaceSubrange(start..<(start + length), with: replacement.utf8)
                    var broken = example
                    broken.told[at].value = String(decoding: bytes, as: UTF8.self)
                    let line = broken.line(writer)
                    tried += 1
                    #expect(CanonicalJSON.rewrite(line) == line)
                    #expect(CanonicalJSON.memberNames(broken.state) == names)
                }
            }
        }
        #expect(tried > 0 || example.kind == .volume, "a sketch has no value")
    }

    @Test("an entity with many Regions, contacts and milestones is written like any other")
    func large() {
        let agent = StateFixture(.agent) { agent in
            for region in (0..<300).reversed() {
                let contacts = (0..<3).map { "{\"ContactId\":\"c\(9 - $0)\",\"State\":\"CONNECTED\"}" }.joined(separator: ",")
                agent.set("presence/", "r/\(region)", "\"LOGIN\"")
                agent.set("snapshot/", "r/\(region)", "{\"Contacts\":[\(contacts)]}")
            }
        }
        let line = agent.line()
        #expect(CanonicalJSON.rewrite(line) == line)
        #expect(line.split(separator: "\"contactId\":").count == 1 + 2 * 900)
    }
}

extension StateFixture.Told {
    /// The value's JSON, of whatever rule; nil of a tombstone.
    var value: String? {
        get {
            switch content {
            case .value(let value), .extremum(_, _, let value), .member(let value, _): value
            case .tombstone, .counted: nil
            }
        }
        set {
            guard let newValue else { return }
            switch content {
            case .value: content = .value(newValue)
            case .extremum(let rule, let measure, _): content = .extremum(rule, measure: measure, value: newValue)
            case .member(_, let capacity): content = .member(newValue, capacity: capacity)
            case .tombstone, .counted: break
            }
        }
    }
}

/// What the tests ask of JSON text as a whole.
enum CanonicalJSON {
    /// The canonical form; nil of text that is not JSON.
    static func rewrite(_ text: String) -> String? {
        parse(text) { root in
            var out = ByteBuffer()
            root.appendCanonical(to: &out)
            return out.bytes.text
        }
    }

    /// The members of the object that the text is: names as spelled, values as JSON text.
    static func members(_ text: String) -> [(name: String, value: String)] {
        parse(text) { $0.members.map { name, value in (name.text, value.bytes.text) } } ?? []
    }

    static func memberNames(_ text: String) -> [String] { members(text).map(\.name) }

    /// Where each value of the text lies, the text as a whole included: offset and length in UTF-8.
    static func values(in text: String) -> [(start: Int, length: Int)] {
        parse(text) { root in
            guard let base = root.bytes.baseAddress else { return [] }
            var found: [(start: Int, length: Int)] = []
            func visit(_ value: JSONValue) {
                found.append((value.bytes.baseAddress.map { $0 - base } ?? 0, value.bytes.count))
                for (_, member) in value.members { visit(member) }
                for element in value.elements { visit(element) }
            }
            visit(root)
            return found
        } ?? []
    }

    private static func parse<Result>(_ text: String, _ body: (JSONValue) -> Result) -> Result? {
        var text = text
        let parser = JSONParser()
        return text.withUTF8 { bytes in
            withExtendedLifetime(parser) { (try? parser.parse(ByteView(bytes)).root).map(body) }
        }
    }
}
