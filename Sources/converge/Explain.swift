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
        let id = options.operands[1]
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        // Behind ID may come a register; what exists as a file is one more capture, as a shell's `--from *.jsonl` leaves it.
        var paths = from.flatMap { exists($0) ? [$0] : $0.split(separator: ",").map(String.init) }
        var wanted: String?
        for operand in options.operands.dropFirst(2) {
            if wanted == nil, !exists(operand) { wanted = operand } else { paths.append(operand) }
        }

        let state = try options["state"].map { try ShownState($0) }
        let decoder = RecordDecoder(options: try DecodingFlags.read(options))
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

    /// One telling of one register, or of one member of a union.
    private struct Candidate {
        var path: String
        var encoding: [UInt8]
        var place: String
        /// In the order of reading.
        var number: Int
        var isWinner = false

        func withRegister<Result>(_ body: (RegisterView) -> Result) -> Result {
            encoding.withUnsafeBytes { bytes in
                var registers = EntityView(bytes).makeIterator()
                return body(registers.next().unsafelyUnwrapped)
            }
        }

        /// As text, without the path.
        var json: String {
            withRegister { register in
                var out = ByteBuffer()
                register.appendJSON(to: &out)
                return out.bytes.text
            }
        }
    }

    private static let losersNote =
        "Values that lost before these rows were written are not shown; give captures with --from to see them.\n"

    private static func collect(
        _ kind: EntityKind, _ id: String, _ shown: ShownState?, paths: [String], decoder: RecordDecoder
    ) throws -> [Candidate] {
        let key = [kind.rawValue] + Array(id.utf8)
        let state = Shard(index: 0)
        var candidates: [Candidate] = []
        try shown?.readRows(kind, id) { place, entity in
            key.withUnsafeBytes { _ = state.merge($0, hash: $0.hash64, entity) }
            for register in entity { append(register, at: place, to: &candidates) }
        }
        if !paths.isEmpty { try collect(key, paths, decoder, into: state, &candidates) }
        markWinners(&candidates, in: state)
        return candidates.sorted(by: precedes)
    }

    private static func collect(
        _ key: [UInt8], _ paths: [String], _ decoder: RecordDecoder, into state: Shard, _ candidates: inout [Candidate]
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
                    state.merge(mutation.key, hash: mutation.hash, mutation.entity)
                    let place = source.describe(partition: block.partition, ordinal: record.ordinal)
                    for register in mutation.entity { append(register, at: place, to: &candidates) }
                }
            }
        }
        source.warnOfCuts()
    }

    private static func append(_ register: RegisterView, at place: String, to candidates: inout [Candidate]) {
        func add(_ write: (inout EntityWriter, inout ByteBuffer) -> Void) {
            var encoding = ByteBuffer()
            var writer = EntityWriter(&encoding)
            write(&writer, &encoding)
            writer.finish(&encoding)
            candidates.append(
                Candidate(path: register.path.text, encoding: encoding.array, place: place, number: candidates.count))
        }
        guard register.rule == .union else { return add { $0.copy(&$1, register) } }
        let members = register.members
        for member in members {
            add {
                $0.unionMember(
                    &$1, encodedPath: register.path, capacity: members.capacity, stamp: member.stamp, value: member.value)
            }
        }
    }

    /// A candidate has won if its bytes are the state's. Of a union every member that is in the set with that stamp has, of a sketch what a
    /// bucket still shows.
    private static func markWinners(_ candidates: inout [Candidate], in state: Shard) {
        state.forEach { _, entity in
            for register in EntityView(entity) {
                let path = register.path.text
                for at in candidates.indices where candidates[at].path == path {
                    candidates[at].isWinner = candidates[at].withRegister { mine in
                        if let whole = register.sketch, let part = mine.sketch { return part.hasReached(whole) }
                        guard register.rule == .union else { return mine.bytes.equals(register.bytes) }
                        return mine.members.allSatisfy { member in
                            register.members.contains { $0.value.equals(member.value) && $0.stamp.compare(member.stamp) == 0 }
                        }
                    }
                }
            }
        }
    }

    /// By path, then as the register's rule ranks them, the winner last, members of a union by stamp; the same telling twice
    /// in the order of reading.
    private static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
        if a.path != b.path { return a.path < b.path }
        let order = a.withRegister { mine in
            b.withRegister { others in
                guard mine.rule == .union else { return mine.contest(others) }
                let stamps = mine.stamp.compare(others.stamp)
                if stamps != 0 { return stamps }
                let (a, b) = (value(of: mine), value(of: others))
                return a == b ? 0 : a < b ? -1 : 1
            }
        }
        return order != 0 ? order < 0 : a.number < b.number
    }

    private static func table(_ candidates: [Candidate], _ kind: EntityKind, _ id: String) -> String {
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
                    shortened(value(of: register)), candidate.place)
            }
        }
        flush()
        return text
            + "\n* marks the value in the state. Order: time, rank, Region, event id, value; min and max registers: their measure first.\n"
    }

    private static func value(of register: RegisterView) -> String {
        if register.isTombstone { return "(deleted)" }
        if register.rule == .union { return register.members.map(\.value.text).joined(separator: " ") }
        if let sketch = register.sketch {
            return sketch.buckets.indices.filter { sketch.buckets[$0] > 0 }.map { "\($0):\(sketch.buckets[$0])" }
                .joined(separator: " ")
        }
        let value = register.value.text
        return register.rule == .lastWriterWins || value != "null"
            ? value : "\(Timestamp(milliseconds: register.measure))"
    }

    private static func shortened(_ text: String) -> String { text.count <= 60 ? text : text.prefix(57) + "..." }

    private static func json(_ candidates: [Candidate]) -> String {
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
