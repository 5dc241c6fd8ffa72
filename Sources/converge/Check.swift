import ContactCenter
import JSON
import Platform
import Storage
import Worker

/// `converge check`: whether a state directory is whole.
enum Check: Subcommand {
    static let command = Command(
        "check", usage: "STATE [--accept-loss]",
        summary: "Verifies a state directory: every file, block, row and position, and its digest.",
        flags: [
            Flag("accept-loss", nil, "of a damaged one: go on without what is lost, and tell what that is"),
            Flag("format", "table|json", "how it is told (default: table)"),
        ],
        notes: """
            Changes nothing and may run beside a worker, but for --accept-loss, which wants the state for itself. Exit codes: 0 in order, 1 damaged
            or not to be read, 2 wrong usage. docs/embedded.md tells what is checked, and what to do about damage.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else { throw UsageError("converge check: give one STATE, a directory") }
        let path = options.operands[0]
        let isJSON = try options.choice("format", of: ["table", "json"]) == "json"
        var loss: StateLoss?
        do {
            if options.isSet("accept-loss") { loss = try StateLoss(accepting: path, threads: coreCount()) }
            let check = try StateCheck(path: path, threads: coreCount())
            writeOutput(isJSON ? json(path, check, loss) : table(path, check, loss))
            return 0
        } catch {
            guard isJSON else { throw error }
            writeOutput("{\"reason\":\(jsonText("\(error)")),\"state\":\(jsonText(path)),\"status\":\"damaged\"}\n")
            return 1
        }
    }

    private static func table(_ path: String, _ check: StateCheck, _ loss: StateLoss?) -> String {
        var table = Table()
        table.add("state", "\(path): in order")
        if let loss {
            table.add("was", loss.reason)
            table.add("lost", lost(loss))
            for file in loss.files { table.add("taken out", "\(path)/lost/\(file)") }
            for position in loss.positions {
                table.add("position forgotten", "\(position.partition.key.split(separator: "\0").joined(separator: "/"))")
            }
        }
        table.add(
            "files", "\(grouped(check.tables)) tables, \(grouped(check.logs)) logs, \(grouped(check.byteCount)) bytes")
        table.add("ended", ending(check))
        if let torn = check.torn { table.add("cut off", "\(torn.file) at byte \(torn.offset): a write that never returned") }
        table.add("writes", grouped(Int(clamping: check.sequence)))
        table.add("positions", grouped(check.positions))
        table.add("entities", grouped(check.entities.values.reduce(0, +)))
        for kind in EntityKind.allCases {
            if let count = check.entities[kind], count > 0 { table.add("  \(kind)", grouped(count)) }
        }
        let held = check.digestAtEnd == nil ? "held against none" : "as it was at the end"
        table.add("digest", "\(check.digest)  \(held)")
        return table.text
    }

    private static func ending(_ check: StateCheck) -> String {
        switch check.ending {
        case .closed: "well: every file is as it was left"
        case .open: "not yet, or it was killed"
        case .unmarked: "unknown: written by a program that left no mark"
        }
    }

    private static func lost(_ loss: StateLoss) -> String {
        let writes =
            loss.writesLost.map { "\(grouped(Int(clamping: $0))) changes of rows and positions" } ?? "not known how much"
        return switch loss.way {
        case .cut:
            "\(writes); positions are of the same moment, and records from there on are read again as far as they are still there"
        case .rebuilt:
            "\(writes); positions are forgotten, and partitions are read from their beginning; replay captures for what is there no more"
        }
    }

    private static func json(_ path: String, _ check: StateCheck, _ loss: StateLoss?) -> String {
        let entities = EntityKind.allCases.compactMap { kind in check.entities[kind].map { "\"\(kind)\":\($0)" } }.sorted()
        var members = [
            "\"bytes\":\(check.byteCount)",
            "\"digest\":\"\(check.digest)\"",
            "\"digestAtEnd\":" + (check.digestAtEnd.map { jsonText($0) } ?? "null"),
            "\"ended\":\"\(check.ending.rawValue)\"",
            "\"entities\":{\(entities.joined(separator: ","))}",
            "\"logs\":\(check.logs)",
        ]
        if let loss {
            let files = loss.files.map { jsonText($0) }.joined(separator: ",")
            let writes = loss.writesLost.map { "\($0)" } ?? "null"
            members.append(
                "\"loss\":{\"files\":[\(files)],\"positions\":\(loss.positions.count),\"reason\":\(jsonText(loss.reason)),"
                    + "\"way\":\"\(loss.way.rawValue)\",\"writes\":\(writes)}")
        }
        members += [
            "\"positions\":\(check.positions)",
            "\"state\":\(jsonText(path))",
            "\"status\":\"ok\"",
            "\"tables\":\(check.tables)",
            "\"torn\":" + (check.torn.map { "{\"file\":\(jsonText($0.file)),\"offset\":\($0.offset)}" } ?? "null"),
            "\"writes\":\(check.sequence)",
        ]
        return "{" + members.joined(separator: ",") + "}\n"
    }
}
