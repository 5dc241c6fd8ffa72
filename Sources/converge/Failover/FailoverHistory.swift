import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover history`: who did what, when and why.
enum FailoverHistory: Subcommand {
    static let command = FailoverCommand.command(
        "history", usage: "[--term N] [--limit N]", summary: "Lists what was decided and done, the newest last.",
        flags: [
            Flag("term", "N", "of this term alone"), Flag("limit", "N", "so many of the newest lines (default: 100)"),
        ])

    static func run(_ options: Options) throws -> Int32 {
        let access = try FailoverCommand.access(options)
        let term = try options.integer("term", in: 1...Int.max).map(Int64.init)
        let limit = try options.integer("limit", in: 1...10_000) ?? 100
        let entries = try FailoverCommand.desk(access).history(of: term, limit: limit)
        if try FailoverCommand.isJSON(options) {
            for entry in entries.reversed() {
                var json = JSONWriter()
                entry.write(to: &json)
                json.endLine()
                writeOutput(json.buffer.bytes.text)
            }
        } else {
            for entry in entries.reversed() {
                let of = entry.term > 0 ? " term \(entry.term)" : ""
                writeOutput(printable("\(time(entry.at))  \(entry.kind.rawValue)\(of)  \(entry.author)") + "\n")
                for line in entry.shownLines { writeOutput("    \(printable(line))\n") }
            }
        }
        return 0
    }
}
