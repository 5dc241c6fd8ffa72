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
        let entries = try access.control.history(of: term, limit: limit).get()
        if try FailoverCommand.isJSON(options) {
            for entry in entries.reversed() {
                writeOutput(
                    jsonLine { json in
                        json.member("at", time(entry.at))
                        json.member("author", entry.author)
                        json.member("kind", entry.kind.rawValue)
                        json.key("lines")
                        json.array { json in for line in entry.lines { json.string(line) } }
                        json.member("term", entry.term)
                    })
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
