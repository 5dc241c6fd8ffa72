import Platform

/// One flag of a command, GNU style: `--threads 4`, `--threads=4`, or by environment `CONVERGE_THREADS=4`.
public struct Flag: Sendable {
    /// Without the dashes.
    public var name: String
    /// What stands for the value in the help, nil of a flag without one.
    public var value: String?
    /// What the flag was called before, without the dashes. It works still, and warns.
    public var formerName: String?
    public var help: String

    public init(_ name: String, _ value: String? = nil, former formerName: String? = nil, _ help: String) {
        self.name = name
        self.value = value
        self.formerName = formerName
        self.help = help
    }

    /// `--max-skew` is `CONVERGE_MAX_SKEW`.
    var environmentName: String { Flag.environmentName(name) }
    var formerEnvironmentName: String? { formerName.map(Flag.environmentName) }

    static func environmentName(_ name: String) -> String {
        "CONVERGE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }
}

/// A command as its help tells it.
public struct Command: Sendable {
    public var name: String
    /// What follows the name, as in `PATH... [--state DIR | --memory]`.
    public var usage: String
    public var summary: String
    public var flags: [Flag]
    /// Shown below the flags.
    public var notes: String

    public init(_ name: String, usage: String, summary: String, flags: [Flag], notes: String = "") {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.flags = flags
        self.notes = notes
    }

    public var help: String {
        let width = 26
        let rows = (flags + [Flag("help", nil, "show this help")]).map { flag in
            let left = "  --\(flag.name)" + (flag.value.map { " \($0)" } ?? "")
            let padding =
                left.count < width
                ? String(repeating: " ", count: width - left.count) : "\n" + String(repeating: " ", count: width)
            return left + padding + flag.help
        }
        return """
            usage: converge \(name) \(usage)

            \(summary)

            \(rows.joined(separator: "\n"))

            Every flag can also be set by an environment variable: --max-skew by CONVERGE_MAX_SKEW.\(notes.isEmpty ? "" : "\n\n" + notes)
            """
    }
}

/// The flags and operands of one call, read by the command's own list of flags. The command line beats the environment.
public struct Options: Sendable {
    /// What is no flag, in order.
    public private(set) var operands: [String] = []
    public private(set) var wantsHelp = false
    /// One sentence for each former name that was given.
    public private(set) var warnings: [String] = []
    private var values: [String: String] = [:]
    /// What the command line gave, in order.
    private var given: [String: [String]] = [:]

    public init(_ arguments: [String], for command: Command, environment: [String: String] = [:]) throws(UsageError) {
        for flag in command.flags {
            if let value = environment[flag.environmentName], !value.isEmpty {
                values[flag.name] = value
            } else if let former = flag.formerEnvironmentName, let value = environment[former], !value.isEmpty {
                values[flag.name] = value
                warnings.append("\(former) was renamed; set \(flag.environmentName) instead")
            }
        }
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                return
            }
            if argument == "-h" || argument == "--help" {
                wantsHelp = true
                continue
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            try take(argument, &rest, command)
        }
    }

    private mutating func take(_ argument: String, _ rest: inout ArraySlice<String>, _ command: Command) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let written = String(parts[0].drop(while: { $0 == "-" }))
        guard argument.hasPrefix("--"), let flag = command.flags.first(where: { [$0.name, $0.formerName].contains(written) })
        else {
            let known = command.flags.map { "--\($0.name)" }
            let near = nearest(to: "--" + written, among: known).map { "; did you mean \($0)?" } ?? "."
            throw UsageError(
                "converge \(command.name): unknown flag '\(parts[0])'\(near) Accepted: \(known.joined(separator: ", ")), --help"
            )
        }
        let name = flag.name
        if written != name { warnings.append("--\(written) was renamed; write --\(name) instead") }
        guard flag.value != nil else {
            guard parts.count == 1 else { throw UsageError("converge \(command.name): --\(name) takes no value") }
            set(name, "true")
            return
        }
        if parts.count == 2 {
            set(name, String(parts[1]))
        } else if let value = rest.popFirst() {
            set(name, value)
        } else {
            throw UsageError("converge \(command.name): --\(name) needs a value: --\(name) \(flag.value ?? "")")
        }
    }

    private mutating func set(_ name: String, _ value: String) {
        values[name] = value
        given[name, default: []].append(value)
    }

    /// The value of a flag; of one that is given several times the last.
    public subscript(_ name: String) -> String? { values[name] }

    /// Every value of a flag that may be given several times.
    public func all(_ name: String) -> [String] { given[name] ?? values[name].map { [$0] } ?? [] }

    /// Whether the command line has the flag, which then beats what the environment says.
    public func isGiven(_ name: String) -> Bool { given[name] != nil }

    /// Whether a flag without a value is set. From the environment `1`, `true` and `yes` set it.
    public func isSet(_ name: String) -> Bool { ["true", "1", "yes"].contains(values[name] ?? "") }

    /// A whole number within bounds.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw UsageError("--\(name): '\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number within bounds.
    public func number(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = values[name] else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw UsageError("--\(name): '\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A duration in milliseconds: a number with `ms`, `s`, `m`, `h` or `d`.
    public func duration(_ name: String) throws(UsageError) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let milliseconds = Quantity.duration(text) else {
            throw UsageError("--\(name): '\(text)' is not a duration; write a whole number with ms, s, m, h or d, such as 5m")
        }
        return milliseconds
    }

    /// A size in bytes, at least one: a number, or one with `k`, `m` or `g` for 1,024 bytes, their square and their cube.
    public func size(_ name: String) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let bytes = Quantity.size(text), bytes > 0 else {
            throw UsageError(
                "--\(name): '\(text)' is not a size; write a whole number of bytes, or a whole number with k, m or g, such as 64m"
            )
        }
        return bytes
    }

    /// One of a few words.
    public func choice(_ name: String, of accepted: [String]) throws(UsageError) -> String? {
        guard let text = values[name] else { return nil }
        guard accepted.contains(text) else {
            throw UsageError("--\(name): '\(text)' is not accepted; choose one of \(accepted.joined(separator: ", "))")
        }
        return text
    }
}
