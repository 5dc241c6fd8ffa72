import ContactCenter
import JSON
import Platform
import Worker

/// `converge show`: what a state says.
enum Show: Subcommand {
    static let command = Command(
        "show", usage: "[KIND [ID]] --state STATE",
        summary: "Shows a state: the number of entities of each kind, the entities of one kind, or one entity.",
        flags: [
            Flag("state", "STATE", "a state directory, or dynamodb:PREFIX for tables (default: \(StoreSettings.defaultPath))"),
            Flag("format", "table|json", "output format; json is one canonical line per entity (default: table)"),
        ] + DecodingFlags.aliasFlags,
        notes:
            "KIND is one of \(EntityKind.allCases.map { "\($0)" }.joined(separator: ", ")). With --alias-key-file the ID of an alias may be what it stands for: "
            + "a phone number, an e-mail address, or chat:IDENTITY.")

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count <= 2 else {
            throw UsageError("converge show: too many operands; give at most KIND and ID")
        }
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        let kind = try options.operands.first.map { try EntityKind(told: $0) }
        let state = try ShownState(options["state"] ?? StoreSettings.defaultPath)
        let key = try DecodingFlags.aliasKey(options)
        if let kind, options.operands.count == 2 {
            let id = options.operands[1]
            return try showOne(kind, kind == .alias ? AliasOperand.id(id, key) : id, in: state, format)
        }
        try showMany(kind, in: state, format)
        return 0
    }

    private static func showOne(_ kind: EntityKind, _ id: String, in state: ShownState, _ format: String) throws -> Int32 {
        var text = ByteBuffer()
        try state.read(kind, id) { key, entity in
            if format == "json" {
                StateWriter().appendLine(key: key, entity: entity, to: &text)
            } else {
                StateWriter().appendState(key: key, entity: entity, to: &text)
            }
        }
        guard text.count > 0 else {
            writeError("converge show: no \(kind) '\(id)' in \(state.name); 'converge show \(kind)' lists them\n")
            return 1
        }
        if format == "json" {
            text.append(UInt8(ascii: "\n"))
            writeOutput(text.bytes.text)
        } else {
            // The parser owns the index that the document is read by.
            let parser = JSONParser()
            let lines = indented(try parser.parse(text.bytes).root, "  ")
            withExtendedLifetime(parser) { writeOutput("\(kind) \(printable(id))\n\n" + lines.joined()) }
        }
        return 0
    }

    private static func showMany(_ kind: EntityKind?, in state: ShownState, _ format: String) throws {
        let writer = StateWriter()
        var counts: [EntityKind: Int] = [:]
        var text = ByteBuffer(capacity: 1 << 16)
        for shown in kind.map({ [$0] }) ?? EntityKind.allCases {
            try state.scan(shown) { key, entity in
                counts[shown, default: 0] += 1
                if format == "json" {
                    writer.appendLine(key: key, entity: entity, to: &text)
                } else if kind != nil {
                    text.append(printable(key.id.text))
                } else {
                    return true
                }
                text.append(UInt8(ascii: "\n"))
                if text.count > 1 << 16 {
                    writeOutput(text.bytes.text)
                    text.removeAll()
                }
                return true
            }
        }
        writeOutput(text.bytes.text)
        guard kind == nil, format == "table" else { return }
        var table = Table(rightAligned: [1])
        for kind in EntityKind.allCases { table.add("\(kind)", grouped(counts[kind] ?? 0)) }
        writeOutput(table.text)
    }

    /// A projection for people: a line a fact, nested facts indented, unknown and empty ones as a dash.
    private static func indented(_ object: JSONValue, _ margin: String) -> [String] {
        let width = object.members.map { $0.name.count }.max() ?? 0
        return object.members.flatMap { member in
            lines(member.name.text, member.value, margin, width: width)
        }
    }

    private static func lines(_ name: String, _ value: JSONValue, _ margin: String, width: Int) -> [String] {
        let name = printable(name)
        let label = margin + name + String(repeating: " ", count: max(0, width - name.count))
        switch value.kind {
        case .object where value.members.contains(where: { _ in true }):
            return [margin + name + "\n"] + indented(value, margin + "  ")
        case .array where value.elements.contains(where: { $0.isObject }):
            return [margin + name + "\n"]
                + value.elements.map { margin + "  - " + inline($0) + "\n" }
        default: return [label + "  " + inline(value) + "\n"]
        }
    }

    private static func inline(_ value: JSONValue) -> String {
        switch value.kind {
        case .null: return "-"
        case .string:
            var text = ByteBuffer()
            value.appendUnescaped(to: &text)
            return printable(text.bytes.text)
        case .array:
            let elements = value.elements.map { inline($0) }
            return elements.isEmpty ? "-" : elements.joined(separator: ", ")
        case .object:
            let members = value.members.map { "\(printable($0.name.text)) \(inline($0.value))" }
            return members.isEmpty ? "-" : members.joined(separator: "  ")
        default: return value.bytes.text
        }
    }
}
