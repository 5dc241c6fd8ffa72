public import Platform

/// One setting: a key of the configuration file, a flag and an environment variable.
public struct ConfigurationKey: Sendable {
    public enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        /// Bytes: a whole number, or one with `k`, `m` or `g` for powers of 1,024.
        case size(ClosedRange<Int>)
        /// Milliseconds: a whole number with `ms`, `s`, `m`, `h` or `d`.
        case duration(ClosedRange<Int64>)
        /// One of these words, in capitals or not.
        case choice([String])
        /// A sequence in the file; elsewhere separated by commas. A flag may also be given several times.
        case list
        /// Off by default; its flag takes no value.
        case boolean
        /// ISO 8601 with its zone; or one of these words.
        case time(words: [String])
        /// A mapping with names that another library knows, passed on as they are. A flag gives one `NAME=VALUE` and may come several
        /// times; the environment variable separates them by `;`.
        case options(OptionRules)
    }

    /// What a mapping of another library's options may hold.
    public struct OptionRules: Sendable {
        /// Names that are refused, each with the reason and what to do instead.
        public var refused: [String: String]
        /// What the names of options begin with: somebody who forgot the mapping is told of it.
        public var beginnings: [String]

        public init(refused: [String: String], beginnings: [String] = []) {
            self.refused = refused
            self.beginnings = beginnings
        }
    }

    /// Dotted, as in `kafka.group.id`: each dot may also be a level of the file.
    public var name: String
    public var kind: Kind
    /// What holds where nothing is given, written as a person would write it. Nil: not set.
    public var defaultText: String?
    /// What not being set means, in a few words.
    public var unset: String
    /// A secret is masked wherever it is printed, and may be read from the file that `NAME_file` names.
    public var isSecret: Bool
    /// One sentence.
    public var help: String
    /// Without the dashes.
    public var flagName: String
    /// What the setting and its flag were called before. Both work still, and warn.
    public var former: (name: String, flag: String)?
    /// Values that people of other programs give, in small letters, with what is meant here.
    public var advice: [String: String]

    /// `flag`: where it is not the name with dashes for dots.
    public init(
        _ name: String, _ kind: Kind, default defaultText: String? = nil, unset: String = "", secret: Bool = false,
        flag: String? = nil, former: (name: String, flag: String)? = nil, advice: [String: String] = [:], _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.unset = unset
        self.isSecret = secret
        self.help = help
        self.advice = advice
        self.former = former
        flagName = flag ?? String(name.map { $0 == "." ? "-" : $0 })
    }

    /// `--kafka-group-id` is `CONVERGE_KAFKA_GROUP_ID`.
    public var environmentName: String { Flag.environmentName(flagName) }
    var formerEnvironmentName: String? { former.map { Flag.environmentName($0.flag) } }

    /// What precedes the first dot; the name itself where there is none.
    public var section: String { String(name.prefix(while: { $0 != "." })) }

    /// What a value looks like, in capitals or as the words to choose from.
    public var placeholder: String {
        switch kind {
        case .text: "TEXT"
        case .integer: "N"
        case .size: "SIZE"
        case .duration: "DURATION"
        case .choice(let words): words.joined(separator: "|")
        case .list: "A,B"
        case .boolean: "true|false"
        case .time(let words): (["TIME"] + words).joined(separator: "|")
        case .options: "NAME=VALUE"
        }
    }

    /// What is accepted, for people.
    public var accepted: String {
        switch kind {
        case .text: "text"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .size(let range):
            "a size from \(Quantity.text(bytes: range.lowerBound)) to \(Quantity.text(bytes: range.upperBound)): "
                + "a whole number of bytes, or a whole number with k, m or g, such as 64m"
        case .duration(let range):
            "a duration from \(Quantity.text(milliseconds: range.lowerBound)) to "
                + "\(Quantity.text(milliseconds: range.upperBound)): a whole number with ms, s, m, h or d, such as 5m"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .list: "a list"
        case .boolean: "true or false"
        case .time(let words): (["a time such as 2026-03-02T14:00:00Z"] + words).joined(separator: ", or ")
        case .options: "a mapping of names to values"
        }
    }

    /// The key that names the file with this secret.
    var fileName: String { name + "_file" }
    var fileFlagName: String { flagName + "-file" }
    var fileEnvironmentName: String { environmentName + "_FILE" }

    /// Whether it holds another library's options.
    var isMapping: Bool { if case .options = kind { true } else { false } }

    /// Its flags: one, and of a secret a second one that names a file.
    var flags: [Flag] {
        let isBare = if case .boolean = kind { true } else { false }
        let note = defaultText.map { "default: \($0)" } ?? (unset == "none" ? "" : unset)
        let flag = Flag(
            flagName, isBare ? nil : placeholder, former: former?.flag, help + (note.isEmpty || isBare ? "" : " (\(note))"))
        return isSecret ? [flag, Flag(fileFlagName, "FILE", "file that contains it")] : [flag]
    }
}

/// The value of a setting.
public enum ConfigurationValue: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case bytes(Int)
    case milliseconds(Int64)
    case list([String])
    case boolean(Bool)
    case time(Timestamp)
}

extension ConfigurationKey {
    /// Reads what one text says; nil where it is not accepted.
    func value(_ text: String) -> ConfigurationValue? {
        switch kind {
        case .text, .options: return text.isEmpty ? nil : .text(text)
        case .integer(let range): return Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .size(let range): return Quantity.size(text).flatMap { range.contains($0) ? .bytes($0) : nil }
        case .duration(let range): return Quantity.duration(text).flatMap { range.contains($0) ? .milliseconds($0) : nil }
        case .choice(let words): return words.first { $0.lowercased() == text.lowercased() }.map { .text($0) }
        case .list: return value(text.split(separator: ",").map { $0.trimmed })
        case .boolean:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return .boolean(true)
            case "false", "no", "off", "0": return .boolean(false)
            default: return nil
            }
        case .time(let words): return words.contains(text) ? .text(text) : Timestamp(text).map { .time($0) }
        }
    }

    /// Reads what several texts say: the items of a list; of anything else the last one counts.
    func value(_ texts: [String]) -> ConfigurationValue? {
        if case .list = kind { return texts.isEmpty || texts.contains("") ? nil : .list(texts) }
        return texts.last.flatMap(value)
    }
}

extension StringProtocol {
    /// Without blanks around.
    var trimmed: String {
        String(drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed())
    }
}
