import Platform

/// What was given, by whom, before any of it is read as a value: of each key the giver of highest precedence.
struct GivenSettings {
    struct Setting {
        /// A sequence has several, anything else one.
        var texts: [String]
        var isSequence: Bool
        var origin: Configuration.Origin
        /// The text is the path of the file with the secret.
        var namesFile = false
    }

    let schema: ConfigurationSchema
    private(set) var settings: [String: Setting] = [:]
    /// By key, then by option.
    private(set) var options: [String: [String: Setting]] = [:]
    private(set) var problems: [String] = []
    /// One sentence for each former name in the file; ``Options`` warns of flags and of the environment.
    private(set) var warnings: [String] = []

    init(schema: ConfigurationSchema) { self.schema = schema }

    // MARK: The file

    mutating func add(file: Configuration.File) {
        let root: YAMLNode
        do throws(YAMLError) { root = try YAMLReader.read(file.bytes) } catch {
            problems.append("\(printable(file.path)):\(error.line): \(error.reason)")
            return
        }
        switch root.content {
        case .null: break
        case .mapping(let members): for member in members { add(member, under: "", file.path) }
        default: problems.append("\(printable(file.path)):\(root.line): the configuration must be a mapping of keys to values")
        }
    }

    private mutating func add(_ member: YAMLMember, under prefix: String, _ path: String) {
        let name = prefix + member.key
        let origin = Configuration.Origin.file(path: path, line: member.line)
        switch member.value.content {
        case .null:
            // Named and left empty: as good as not there, but for its name.
            if !schema.isSection(name), !schema.fileNames.contains(name), schema.key(former: name) == nil,
                schema.options(holding: name) == nil
            {
                refuse(unknown: name, origin)
            }
        case .mapping(let members):
            guard schema.isSection(name) || schema.options(holding: name) != nil else {
                if let key = schema.key(name) {
                    problems.append("\(origin): \(key.name) is not a section; give \(key.accepted)")
                } else {
                    refuse(unknown: name, origin)
                }
                return
            }
            for member in members { add(member, under: name + ".", path) }
        case .scalar(let text): add(name, [text], isSequence: false, origin)
        case .sequence(let items):
            var texts: [String] = []
            for item in items {
                guard case .scalar(let text) = item.content else {
                    problems.append(
                        "\(printable(path)):\(item.line): \(printable(name)): an item of the list is not plain text")
                    return
                }
                texts.append(text)
            }
            add(name, texts, isSequence: true, origin)
        }
    }

    private mutating func add(_ name: String, _ texts: [String], isSequence: Bool, _ origin: Configuration.Origin) {
        if let key = schema.key(former: name) {
            warnings.append("\(origin): \(name) was renamed; write \(key.name) instead")
            return add(key.name, texts, isSequence: isSequence, origin)
        }
        if let (key, option) = schema.options(holding: name) {
            if let before = options[key.name]?[option] { return refuse(repeated: name, origin, before.origin) }
            options[key.name, default: [:]][option] = Setting(texts: texts, isSequence: isSequence, origin: origin)
            return
        }
        let named = schema.keys.first { ($0.name == name && !$0.isMapping) || ($0.isSecret && $0.fileName == name) }
        guard let key = named else {
            if schema.isSection(name) {
                let keys = schema.fileNames.filter { $0.hasPrefix(name + ".") }.map { String($0.dropFirst(name.count + 1)) }
                let holds = keys.isEmpty ? "names of options" : keys.joined(separator: ", ")
                problems.append("\(origin): \(name) is a section; write its keys below it: \(holds)")
            } else {
                refuse(unknown: name, origin)
            }
            return
        }
        if isSequence {
            guard case .list = key.kind else {
                problems.append("\(origin): \(name) takes one value, not a sequence; give \(key.accepted)")
                return
            }
        }
        if let before = settings[key.name] { return refuse(repeated: name, origin, before.origin) }
        settings[key.name] = Setting(texts: texts, isSequence: isSequence, origin: origin, namesFile: name != key.name)
    }

    private mutating func refuse(repeated name: String, _ origin: Configuration.Origin, _ before: Configuration.Origin) {
        problems.append("\(origin): \(printable(name)) is given here and at \(before); remove one of them")
    }

    private mutating func refuse(unknown name: String, _ origin: Configuration.Origin) {
        if let meant = schema.misplacedOption(name) {
            problems.append("\(origin): unknown key '\(printable(name))'; \(meant)")
            return
        }
        let names = schema.fileNames
        // Somebody who forgot the section, or took another one, meant the key whose last part is the same.
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let near = nearest(to: name, among: names + schema.sections) ?? names.first { $0.hasSuffix("." + last) }
        let section = name.split(separator: ".").first.map(String.init) ?? name
        let siblings = names.filter { $0.hasPrefix(section + ".") }
        let accepted = siblings.isEmpty ? schema.sections : siblings
        problems.append(
            "\(origin): unknown key '\(printable(name))'" + (near.map { "; did you mean '\($0)'?" } ?? ".")
                + " Accepted: \(accepted.joined(separator: ", "))")
    }

    // MARK: The environment

    mutating func add(environment: [String: String]) {
        let given = environment.filter { !$0.value.isEmpty }
        for key in schema.keys {
            let name = key.environmentName
            let origin = Configuration.Origin.environment(name)
            if case .options = key.kind {
                for part in (given[name] ?? "").split(separator: ";") { add(option: String(part), of: key, origin) }
                continue
            }
            let file = key.isSecret ? given[key.fileEnvironmentName] : nil
            if given[name] != nil, file != nil {
                problems.append("\(name) and \(key.fileEnvironmentName) are both given; remove one of them")
            } else if let text = given[name] {
                settings[key.name] = Setting(texts: [text], isSequence: false, origin: origin)
            } else if let former = key.formerEnvironmentName, let text = given[former] {
                settings[key.name] = Setting(texts: [text], isSequence: false, origin: .environment(former))
            } else if let file {
                settings[key.name] = Setting(
                    texts: [file], isSequence: false, origin: .environment(key.fileEnvironmentName), namesFile: true)
            }
        }
        refuseUnknown(Array(given.keys))
    }

    /// A variable that begins as those of a section do is meant for it. Others may be flags of other commands.
    private mutating func refuseUnknown(_ names: [String]) {
        let known = schema.keys.flatMap { $0.isSecret ? [$0.environmentName, $0.fileEnvironmentName] : [$0.environmentName] }
        let prefixes = schema.sections.filter { schema.isSection($0) }.map { Flag($0, nil, "").environmentName + "_" }
        for name in names.sorted() where !known.contains(name) {
            guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { continue }
            // The flags of some sections go without its name.
            let short = "CONVERGE_" + name.dropFirst(prefix.count)
            let meant = known.contains(short) ? short : nearest(to: name, among: known)
            let near = meant.map { "; did you mean \($0)?" } ?? "."
            let accepted = known.filter { $0.hasPrefix(prefix) }
            problems.append(
                "unknown environment variable \(printable(name))\(near)"
                    + (accepted.isEmpty ? "" : " Accepted: \(accepted.joined(separator: ", "))"))
        }
    }

    // MARK: The command line

    mutating func add(flags: Options) {
        for key in schema.keys {
            let origin = Configuration.Origin.flag(key.flagName)
            let texts = flags.isGiven(key.flagName) ? flags.all(key.flagName) : []
            if case .options = key.kind {
                for text in texts { add(option: text, of: key, origin) }
                continue
            }
            let hasFile = key.isSecret && flags.isGiven(key.fileFlagName)
            if !texts.isEmpty, hasFile {
                problems.append("--\(key.flagName) and --\(key.fileFlagName) are both given; remove one of them")
            } else if !texts.isEmpty {
                var setting = Setting(texts: texts, isSequence: false, origin: origin)
                if case .list = key.kind { setting.texts = [texts.joined(separator: ",")] }
                settings[key.name] = setting
            } else if hasFile, let file = flags[key.fileFlagName] {
                settings[key.name] = Setting(
                    texts: [file], isSequence: false, origin: .flag(key.fileFlagName), namesFile: true)
            }
        }
    }

    private mutating func add(option text: String, of key: ConfigurationKey, _ origin: Configuration.Origin) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            // What stands there may be a secret whose name was forgotten.
            problems.append("\(origin): the option has no name or no value; write NAME=VALUE")
            return
        }
        options[key.name, default: [:]][parts[0].trimmed] = Setting(
            texts: [String(parts[1])], isSequence: false, origin: origin)
    }
}
