import Glibc
import Platform
import Worker

/// A subcommand: how it is called and what it does. The result is the exit code: 0 done, 1 failed; wrong usage is thrown.
protocol Subcommand {
    static var command: Command { get }
    static func run(_ options: Options) throws -> Int32
}

/// Subcommands that share the first word of their names: `converge failover table`.
protocol SubcommandGroup {
    /// That word.
    static var name: String { get }
    static var summary: String { get }
    /// Their commands' names begin with ``name``: `failover table`.
    static var subcommands: [any Subcommand.Type] { get }
}

enum Converge {
    static let version = "0.1.0"
    /// Of that version, as manual pages have it.
    static let date = "2026-12-01"

    private static var subcommands: [any Subcommand.Type] {
        [
            Replay.self, Show.self, Explain.self, Verify.self, Join.self, Digest.self, Check.self, Backup.self, Generate.self,
            Simulate.self,
            Config.self, Run.self, KCL.self, Serve.self, LambdaCommand.self, Tables.self, Top.self,
            CompletionCommand.self, ManCommand.self,
        ]
    }

    private static var groups: [any SubcommandGroup.Type] { [FailoverCommands.self] }

    private static let summary = "Reconciles Amazon Connect events of several AWS Regions into one state."

    /// What completions and manual pages are made of.
    static var manual: Manual {
        Manual(
            version: version, date: date, summary: summary,
            commands: subcommands.map { $0.command } + groups.flatMap { $0.subcommands.map { $0.command } },
            groups: groups.map { Manual.Group(name: $0.name, summary: $0.summary) })
    }

    static func run(_ arguments: [String]) -> Int32 {
        // A reader that has gone away is told by write(), not by death in the middle of a flush.
        signal(SIGPIPE, SIG_IGN)
        // Events tell of persons: nothing that is written here is for others to read, what RocksDB writes included.
        umask(0o077)
        guard let name = arguments.first else {
            writeError(help)
            return 2
        }
        switch name {
        case "-h", "--help", "help":
            writeOutput(help)
            return 0
        case "--version":
            writeOutput("converge \(version)\n")
            return 0
        default: break
        }
        if let group = groups.first(where: { $0.name == name }) { return run(group, Array(arguments.dropFirst())) }
        guard let subcommand = subcommands.first(where: { $0.command.name == name }) else {
            return unknown(name, "converge", among: subcommands.map { $0.command.name } + groups.map { $0.name })
        }
        return run(subcommand, Array(arguments.dropFirst()))
    }

    private static func run(_ group: any SubcommandGroup.Type, _ arguments: [String]) -> Int32 {
        guard let word = arguments.first else {
            writeError(help(group))
            return 2
        }
        if ["-h", "--help", "help"].contains(word) {
            writeOutput(help(group))
            return 0
        }
        let names = group.subcommands.map { String($0.command.name.dropFirst(group.name.count + 1)) }
        guard let at = names.firstIndex(of: word) else { return unknown(word, "converge \(group.name)", among: names) }
        return run(group.subcommands[at], Array(arguments.dropFirst()))
    }

    private static func unknown(_ name: String, _ caller: String, among names: [String]) -> Int32 {
        let near = nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? "."
        writeError("\(caller): unknown command '\(printable(name))'\(near) Accepted: \(names.joined(separator: ", "))\n")
        return 2
    }

    private static func run(_ subcommand: any Subcommand.Type, _ arguments: [String]) -> Int32 {
        let name = subcommand.command.name
        do {
            let options = try Options(arguments, for: subcommand.command, environment: environment())
            for warning in options.warnings { writeError("converge \(name): warning: \(printable(warning))\n") }
            if options.wantsHelp {
                writeOutput(subcommand.command.help + "\n")
                return 0
            }
            return try subcommand.run(options)
        } catch let error as UsageError {
            writeError("\(error)\nTry 'converge \(name) --help'.\n")
            return 2
        } catch {
            writeError("converge \(name): \(error)\n")
            return 1
        }
    }

    private static var help: String {
        var table = Table()
        for subcommand in subcommands { table.add("  " + subcommand.command.name, subcommand.command.summary) }
        for group in groups { table.add("  " + group.name, group.summary) }
        return """
            usage: converge COMMAND ...

            \(summary)

            \(table.text)
            'converge COMMAND --help' lists the flags of a command. Exit codes: 0 done, 1 failed, 2 wrong usage.

            """
    }

    private static func help(_ group: any SubcommandGroup.Type) -> String {
        var table = Table()
        for subcommand in group.subcommands { table.add("  " + subcommand.command.name, subcommand.command.summary) }
        return """
            usage: converge \(group.name) COMMAND ...

            \(group.summary)

            \(table.text)
            'converge \(group.name) COMMAND --help' lists the flags of a command. Exit codes: 0 done, 1 failed, 2 wrong usage.

            """
    }

    /// The `CONVERGE_` part of the environment.
    static func environment() -> [String: String] {
        var found: [String: String] = [:]
        var at = environ
        while let entry = at.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].hasPrefix("CONVERGE_") { found[String(parts[0])] = String(parts[1]) }
            at += 1
        }
        return found
    }
}
