import ContactCenter
import EngineCore
import Ingest
import JSON
import Lattice
import Platform
import Worker

/// `converge explain`: why a value is what it is.
enum Explain: Subcommand {
    static let command = Command(
        "explain", usage: "KIND ID [REGISTER] [--state STATE] [--from PATH]",
        summary: "Shows all values that were written to each register of an entity, in stamp order, and marks the winner.",
        flags: [
            Flag("state", "STATE", "show the rows of a state directory, or of the tables dynamodb:PREFIX"),
            Flag(
                "from", "PATH",
                "captures to search: files or directories; repeat the flag, or separate several by commas or spaces"),
            Flag("format", "table|json", "output format; json is one object per value (default: table)"),
        ] + DecodingFlags.flags,
        notes:
            "A state contains the winners, and what each Region's row holds. Values that lost before they were written are only in captures (--from)."
    )

    static func run(_ options: Options) throws -> Int32 {
        let from = options.all("from")
        guard options.operands.count >= 2, !from.isEmpty || options["state"] != nil else {
            throw UsageError("converge explain: give KIND, ID and --from PATH, --state STATE, or both")
        }
        let kind = try EntityKind(told: options.operands[0])
        let decoding = try DecodingFlags.read(options)
        let id = kind == .alias ? try AliasOperand.id(options.operands[1], decoding.aliasKey) : options.operands[1]
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        // Behind ID may come a register; what exists as a file is one more capture, as a shell's `--from *.jsonl` leaves it.
        var paths = from.flatMap { exists($0) ? [$0] : $0.split(separator: ",").map(String.init) }
        var wanted: String?
        for operand in options.operands.dropFirst(2) {
            if wanted == nil, !exists(operand) { wanted = operand } else { paths.append(operand) }
        }

        let state = try options["state"].map { try ShownState($0) }
        let decoder = RecordDecoder(options: decoding)
        let candidates = try collect(kind, id, state, paths: paths, decoder: decoder)
        let shown = candidates.filter { wanted == nil || $0.path == wanted }
        guard !shown.isEmpty else {
            let registers = Set(candidates.map(\.path)).sorted()
            let places = paths + (state.map { [$0.name] } ?? [])
            writeError(
                candidates.isEmpty
                    ? "converge explain: nothing in \(printable(places.joined(separator: ", "))) concerns \(kind) '\(printable(id))'\n"
                    : "converge explain: no register '\(printable(wanted ?? ""))'; the entity has \(printable(registers.joined(separator: ", ")))\n"
            )
            return 1
        }
        writeOutput(format == "json" ? json(shown) : table(shown, kind, id) + (paths.isEmpty ? losersNote : ""))
        return 0
    }

    private static let losersNote =
        "Values that lost before these rows were written are not shown; give captures with --from to see them.\n"

    private static func collect(
        _ kind: EntityKind, _ id: String, _ shown: ShownState?, paths: [String], decoder: RecordDecoder
    ) throws -> [Explanation.Candidate] {
        var explanation = Explanation()
        try shown?.readRows(kind, id) { place, entity in explanation.take(entity, at: place) }
        if !paths.isEmpty { try collect([kind.rawValue] + Array(id.utf8), paths, decoder, into: &explanation) }
        return explanation.candidates()
    }

    private static func collect(
        _ key: [UInt8], _ paths: [String], _ decoder: RecordDecoder, into explanation: inout Explanation
    ) throws {
        let source = try FileSource(paths: paths)
        source.warnOfOthers()
        let batch = MutationBatch(sliceCount: 1)
        let block = RecordBlock()
        while true {
            block.removeAll()
            guard case .records = try source.read(into: block) else { break }
            for record in block.records {
                batch.removeAll()
                decoder.decode(
                    block.bytes(of: record), arrival: record.arrival, index: 0, into: batch)
                batch.forEachMutation(ofSlice: 0) { mutation in
                    guard key.withUnsafeBytes({ mutation.key.equals($0) }) else { return }
                    explanation.take(
                        mutation.entity, at: source.describe(partition: block.partition, ordinal: record.ordinal))
                }
            }
        }
        source.warnOfCuts()
    }

    private static func table(_ candidates: [Explanation.Candidate], _ kind: EntityKind, _ id: String) -> String {
        var text = "\(kind) \(printable(id))\n"
        var path: String?
        var table = Table()
        func flush() {
            text += table.text
            table = Table()
        }
        for candidate in candidates {
            if candidate.path != path {
                flush()
                path = candidate.path
                text += "\n\(printable(candidate.path))\n"
            }
            candidate.withRegister { register in
                let stamp = register.stamp
                table.add(
                    candidate.isWinner ? "  *" : "   ", "\(stamp.time)", "rank \(stamp.rank)",
                    stamp.region.isEmpty ? "-" : stamp.region.text, stamp.id.bytes.isEmpty ? "-" : stamp.id.text,
                    shortened(candidate.value), candidate.place)
            }
        }
        flush()
        return text
            + "\n* marks the value in the state. Order: time, rank, Region, event id, value; min and max registers: their measure first.\n"
    }

    private static func shortened(_ text: String) -> String { text.count <= 60 ? text : text.prefix(57) + "..." }

    private static func json(_ candidates: [Explanation.Candidate]) -> String {
        candidates.map { candidate in
            jsonLine { json in
                json.member("path", candidate.path)
                json.member("place", candidate.place)
                json.key("register")
                json.raw(candidate.json)
                json.member("winner", candidate.isWinner)
            }
        }.joined()
    }
}
