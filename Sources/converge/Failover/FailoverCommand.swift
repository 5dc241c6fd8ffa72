import Failover
import FailoverCore
import Glibc
import Platform
import Worker

/// What all subcommands of `converge failover` have in common.
enum FailoverCommand {
    static let notes = """
        Settings are those of the worker's configuration file (docs/configuration.md, failover); flags and environment variables override it. Exit codes: 0
        done, 1 failed, 2 wrong usage.
        """

    /// Settings that a command reads which looks at the pair and commands it.
    private static let pairKeys = [
        "failover.regions", "failover.instance", "failover.groups", "failover.control.kind", "failover.control.table",
        "failover.control.regions", "failover.control.path", "failover.control.unverified", "failover.round",
        "failover.verdict-age", "failover.reassert",
    ]

    /// `name`: behind `failover`. `readsAll`: it reads all settings of failover.
    static func command(
        _ name: String, usage: String = "", summary: String, flags: [Flag] = [], notes: String = "", readsAll: Bool = false
    ) -> Command {
        Command(
            "failover \(name)", usage: (["--config FILE", usage].filter { !$0.isEmpty }).joined(separator: " "),
            summary: summary,
            flags: [Flag("config", "FILE", "the configuration file (YAML)")] + flags
                + [Flag("format", "table|json", "output format (default: table)")]
                + (readsAll
                    ? ConfigurationSchema.failover.flags(of: ["failover"])
                    : ConfigurationSchema.failover.flags(named: pairKeys)),
            notes: [notes, FailoverCommand.notes].filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    /// Wrong configuration is told, a line each, and leaves the command with 2.
    static func settings(_ options: Options) throws -> FailoverSettings {
        do {
            let configuration = try Config.load(options, .failover)
            guard let settings = try FailoverSettings(configuration) else {
                throw ConfigurationError(problems: ["failover.regions and failover.instance are required"])
            }
            return settings
        } catch let error as ConfigurationError {
            throw UsageError(error.description)
        }
    }

    static func access(_ options: Options, region: String? = nil) throws -> FailoverAccess {
        let settings = try settings(options)
        // A person may sit anywhere: without a word about it, the first Region that is spoken to is theirs if it is of the pair.
        let access = try FailoverAccess(settings, of: region)
        if let caveat = access.control.caveat { writeError("converge failover: \(caveat)\n") }
        return access
    }

    static func isJSON(_ options: Options) throws -> Bool { try options.choice("format", of: ["table", "json"]) == "json" }

    /// Who a word is from, for the history: `--by`, or the name of the account of this machine.
    static func person(_ options: Options) throws -> String {
        if let name = options["by"] { return name }
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name { return String(cString: name) }
        throw UsageError("say who you are with --by NAME: it is written into the history")
    }

    static let by = Flag("by", "NAME", "who does it, for the history (default: the name of your account)")
    static let why = Flag("why", "TEXT", "why, for the history")

    /// What people ask and say.
    static func desk(_ access: FailoverAccess) -> FailoverDesk {
        FailoverDesk(access) { writeError("converge failover: \($0)\n") }
    }

    /// Writes a word into the control table.
    static func say(_ step: ControlStep, to access: FailoverAccess, conflict: String) throws {
        try desk(access).write(step, conflict: conflict)
    }

    /// Asks on the terminal for a word to be typed. Without a terminal nobody is asked, and the answer is no.
    static func confirms(_ question: String, word: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        writeError("\(question)\nType \(word) to go on: ")
        return readLine(strippingNewline: true) == word
    }
}
