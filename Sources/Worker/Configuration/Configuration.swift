import Platform

/// What a program runs with: a value for each key that has one, and where it came from.
///
/// A flag beats an environment variable, which beats the file, which beats the default.
public struct Configuration: Sendable {
    /// Where a value was given.
    public enum Origin: Sendable, Equatable, CustomStringConvertible {
        case standard
        case file(path: String, line: Int)
        /// The variable's name.
        case environment(String)
        /// The flag's name, without the dashes.
        case flag(String)

        public var description: String {
            switch self {
            case .standard: "default"
            case .file(let path, let line): "\(printable(path)):\(line)"
            case .environment(let name): name
            case .flag(let name): "--\(name)"
            }
        }
    }

    /// A value with its origin.
    public struct Entry: Sendable, Equatable {
        public var value: ConfigurationValue
        public var origin: Origin
        /// The file that a secret was read from.
        public var secretFile: String?

        public init(value: ConfigurationValue, origin: Origin, secretFile: String? = nil) {
            self.value = value
            self.origin = origin
            self.secretFile = secretFile
        }
    }

    public let schema: ConfigurationSchema
    /// By name of key; a key that is not set is not there.
    public internal(set) var entries: [String: Entry] = [:]
    /// By name of key, then by the option's own name.
    public internal(set) var options: [String: [String: Entry]] = [:]

    /// One sentence for each former name that the file uses.
    public internal(set) var warnings: [String] = []

    init(schema: ConfigurationSchema) { self.schema = schema }

    // What reads a key is for this folder alone (`scripts/tidy.sh` looks): everybody else takes ``WorkerSettings``.

    /// Whether somebody gave it or it has a default.
    func isSet(_ name: String) -> Bool { entries[name] != nil }

    /// The value of a key of texts, choices included; nil where it is not set or of another kind. So for each of these.
    func text(_ name: String) -> String? {
        if case .text(let value)? = entries[name]?.value { value } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .integer(let value)? = entries[name]?.value { value } else { nil }
    }

    func bytes(_ name: String) -> Int? {
        if case .bytes(let value)? = entries[name]?.value { value } else { nil }
    }

    func milliseconds(_ name: String) -> Int64? {
        if case .milliseconds(let value)? = entries[name]?.value { value } else { nil }
    }

    /// Empty where it is not set.
    func list(_ name: String) -> [String] {
        if case .list(let value)? = entries[name]?.value { value } else { [] }
    }

    func isOn(_ name: String) -> Bool { entries[name]?.value == .boolean(true) }

    /// Of a key that takes words, too, ``text(_:)`` has the word.
    func time(_ name: String) -> Timestamp? {
        if case .time(let value)? = entries[name]?.value { value } else { nil }
    }

    /// Another library's options under their own names, sorted by these.
    func options(_ name: String) -> [(name: String, value: String)] {
        (options[name] ?? [:]).sorted { $0.key < $1.key }.compactMap { option, entry in
            if case .text(let value) = entry.value { (option, value) } else { nil }
        }
    }
}

/// Everything that is wrong with a configuration, a line each.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// Where, what, and what to do; never the value of a secret.
    public var problems: [String]

    public init(problems: [String]) { self.problems = problems }

    public var description: String { problems.joined(separator: "\n") }
}
