import ContactCenter
import EmbeddedStorage
import JSON
import Platform
import Worker

/// `converge check`: whether a state directory is whole.
enum Check: Subcommand {
    static let command = Command(
        "check", usage: "STATE [--accept-loss]",
        summary: "Verifies a state directory: all files, blocks, rows and positions, and the digest.",
        flags: [
            Flag("accept-loss", nil, "repair a damaged state: drop what cannot be recovered, and report what was dropped"),
            Flag("format", "table|json", "output format (default: table)"),
        ],
        notes: """
            Changes nothing and can run while a worker runs. With --accept-loss, stop the worker first. Exit codes: 0 the state is intact, 1 it is
            damaged or cannot be read, 2 wrong usage. docs/embedded.md describes the checks, and what to do about damage.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else { throw UsageError("converge check: give one STATE directory") }
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
            writeOutput(
                jsonLine { json in
                    json.member("reason", "\(error)")
                    json.member("state", path)
                    json.member("status", "damaged")
                })
            return 1
        }
    }

    private static func table(_ path: String, _ check: StateCheck, _ loss: StateLoss?) -> String {
        var table = Table()
        table.add("state", "\(path): intact")
        if let loss {
            table.add("was", loss.reason)
            table.add("lost", lost(loss))
            for file in loss.files { table.add("moved away", "\(path)/lost/\(file)") }
            for position in loss.positions {
                table.add("position forgotten", "\(position.partition.key.split(separator: "\0").joined(separator: "/"))")
            }
        }
        table.add(
            "files", "\(grouped(check.tables)) tables, \(grouped(check.logs)) logs, \(grouped(check.byteCount)) bytes")
        table.add("ended", ending(check))
        if let torn = check.torn { table.add("truncated", "\(torn.file) at byte \(torn.offset): an unfinished write") }
        table.add("writes", grouped(Int(clamping: check.sequence)))
        table.add("positions", grouped(check.positions))
        table.add("entities", grouped(check.entities.values.reduce(0, +)))
        for kind in EntityKind.allCases {
            if let count = check.entities[kind], count > 0 { table.add("  \(kind)", grouped(count)) }
        }
        let held = check.digestAtEnd == nil ? "no earlier digest to compare with" : "same as when the worker stopped"
        table.add("digest", "\(check.digest)  \(held)")
        return table.text
    }

    private static func ending(_ check: StateCheck) -> String {
        switch check.ending {
        case .closed: "cleanly: every file is as the worker left it"
        case .open: "not cleanly: the worker still runs, or it was killed"
        case .unmarked: "unknown: an older version wrote this state"
        }
    }

    private static func lost(_ loss: StateLoss) -> String {
        let writes =
            loss.writesLost.map { "\(grouped(Int(clamping: $0))) changes of rows and positions" }
            ?? "an unknown number of changes"
        return switch loss.way {
        case .cut:
            "\(writes); the positions are those of the same moment: the worker reads the records after them again, if the source still has them"
        case .rebuilt:
            "\(writes); the positions are lost: the worker reads all partitions from their beginning; replay captures for records that the source no longer has"
        }
    }

    private static func json(_ path: String, _ check: StateCheck, _ loss: StateLoss?) -> String {
        jsonLine { json in
            json.member("bytes", check.byteCount)
            json.member("digest", check.digest)
            json.member("digestAtEnd", check.digestAtEnd)
            json.member("ended", check.ending.rawValue)
            json.object("entities") { json in
                for (kind, count) in check.entities.map({ ("\($0)", $1) }).sorted(by: { $0.0 < $1.0 }) {
                    json.key(kind)
                    json.integer(Int64(count))
                }
            }
            json.member("logs", check.logs)
            if let loss {
                json.object("loss") { json in
                    json.array("files") { json in for file in loss.files { json.string(file) } }
                    json.member("positions", loss.positions.count)
                    json.member("reason", loss.reason)
                    json.member("way", loss.way.rawValue)
                    json.member("writes", number: loss.writesLost.map { "\($0)" } ?? "null")
                }
            }
            json.member("positions", check.positions)
            json.member("state", path)
            json.member("status", "ok")
            json.member("tables", check.tables)
            json.key("torn")
            if let torn = check.torn {
                json.object { json in
                    json.member("file", torn.file)
                    json.member("offset", torn.offset)
                }
            } else {
                json.null()
            }
            json.member("writes", number: "\(check.sequence)")
        }
    }
}
