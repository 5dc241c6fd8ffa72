import Platform

/// The settings that a program knows.
public struct ConfigurationSchema: Sendable {
    /// In the order in which they are printed; the keys of a section follow each other.
    public var keys: [ConfigurationKey]
    /// What the values have to be together.
    public var rules: [ConfigurationRule]
    /// Which keys do nothing without which others.
    public var idle: [IdleSetting]

    public init(keys: [ConfigurationKey], rules: [ConfigurationRule] = [], idle: [IdleSetting] = []) {
        self.keys = keys
        self.rules = rules
        self.idle = idle
    }

    /// The section names, in order, and the keys outside any section as sections of their own.
    public var sections: [String] {
        keys.map(\.section).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The flags of all keys, for a command that takes them.
    public var flags: [Flag] { keys.flatMap(\.flags) }

    /// The flags of the keys of some sections, for a command that reads no others.
    public func flags(of sections: Set<String>) -> [Flag] { keys.filter { sections.contains($0.section) }.flatMap(\.flags) }

    /// The flags of some keys.
    public func flags(named names: [String]) -> [Flag] { keys.filter { names.contains($0.name) }.flatMap(\.flags) }

    func key(_ name: String) -> ConfigurationKey? { keys.first { $0.name == name } }

    func key(former name: String) -> ConfigurationKey? { keys.first { $0.former?.name == name } }

    /// Whether `name` is a section: some key goes on behind it with a dot, or it is one of ``ConfigurationKey/Kind/options(_:)``.
    func isSection(_ name: String) -> Bool {
        keys.contains { $0.name.hasPrefix(name + ".") } || options(holding: name + ".x") != nil
    }

    /// The key of options that `name` is one of, with the option's own name.
    func options(holding name: String) -> (key: ConfigurationKey, option: String)? {
        for key in keys {
            if case .options = key.kind, name.hasPrefix(key.name + "."), name.utf8.count > key.name.utf8.count + 1 {
                return (key, String(name.dropFirst(key.name.count + 1)))
            }
        }
        return nil
    }

    /// What to write instead of an option of another library that stands outside its mapping; nil where it is no such option.
    func misplacedOption(_ name: String) -> String? {
        for key in keys {
            guard case .options(let rules) = key.kind else { continue }
            let section = key.section + "."
            let isInSection = name.hasPrefix(section)
            let option = isInSection ? String(name.dropFirst(section.count)) : name
            if let reason = rules.refused[option] { return reason }
            // What resembles a key is a key misspelled.
            guard isInSection || !isSection(String(name.prefix { $0 != "." })),
                rules.beginnings.contains(where: (option + ".").hasPrefix),
                nearest(to: section + option, among: fileNames) == nil
            else { continue }
            return "options of librdkafka are below \(key.name): write \(key.name).\(option)"
        }
        return nil
    }

    /// Every name that a file may use, those that name the files of secrets included.
    var fileNames: [String] { keys.flatMap { $0.isSecret ? [$0.name, $0.fileName] : [$0.name] } }
}

/// A demand on several values at once.
public struct ConfigurationRule: Sendable {
    /// What is wrong and what to do, nil where all is well. The value of a key that was refused already is not there.
    public var problem: @Sendable (Configuration) -> String?

    public init(_ problem: @escaping @Sendable (Configuration) -> String?) { self.problem = problem }
}
