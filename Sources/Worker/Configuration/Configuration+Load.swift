import Platform

extension Configuration {
    /// A configuration file as it was read.
    public struct File: Sendable {
        public var path: String
        public var bytes: [UInt8]

        public init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// Reads and checks all that is given. Throws every problem there is, not the first one alone.
    ///
    /// - `options`: of a command whose flags are the schema's. `environment`: its `CONVERGE_` part.
    /// - `readSecret`: the contents of a file that holds a secret; a line break at its end is no part of it.
    public static func load(
        _ schema: ConfigurationSchema, file: File?, environment: [String: String], options: Options,
        readSecret: (String) throws(FileError) -> [UInt8] = { path throws(FileError) in try readFile(path, bytesMax: 1 << 16) }
    ) throws(ConfigurationError) -> Configuration {
        var given = GivenSettings(schema: schema)
        if let file { given.add(file: file) }
        given.add(environment: environment)
        given.add(flags: options)
        var configuration = Configuration(schema: schema)
        configuration.warnings = given.warnings
        var problems = given.problems
        for key in schema.keys {
            if case .options(let rules) = key.kind {
                configuration.take(given.options[key.name] ?? [:], of: key, rules, &problems)
            } else if let setting = given.settings[key.name] {
                configuration.take(setting, of: key, readSecret, &problems)
            } else if let text = key.defaultText, let value = key.value(text) {
                configuration.entries[key.name] = Entry(value: value, origin: .standard)
            }
        }
        // Rules speak of values; where one could not be read they would tell of it a second time.
        if problems.isEmpty { problems = schema.rules.compactMap { $0.problem(configuration) } + configuration.idleProblems() }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return configuration
    }

    private mutating func take(
        _ setting: GivenSettings.Setting, of key: ConfigurationKey, _ readSecret: (String) throws(FileError) -> [UInt8],
        _ problems: inout [String]
    ) {
        var texts = setting.texts
        var secretFile: String?
        if setting.namesFile {
            let path = setting.texts.last ?? ""
            do throws(FileError) {
                var bytes = try readSecret(path)
                if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
                if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
                texts = [String(decoding: bytes, as: UTF8.self)]
                secretFile = path
            } catch {
                problems.append("\(setting.origin): \(key.fileName): \(error)")
                return
            }
        }
        if key.isSecret, texts == [Configuration.mask] {
            problems.append(
                "\(setting.origin): \(key.name): this is the mask that replaces a printed secret; give the secret itself")
            return
        }
        let value = setting.isSequence ? key.value(texts) : texts.last.flatMap { key.value($0) }
        guard let value else {
            let shown = key.isSecret ? "its value" : "'\(printable(texts.joined(separator: ",")))'"
            let advice = texts.last.flatMap { key.advice[$0.lowercased()] }.map { "; \($0)" } ?? ""
            problems.append("\(setting.origin): \(key.name): \(shown) is not accepted; give \(key.accepted)\(advice)")
            return
        }
        entries[key.name] = Entry(value: value, origin: setting.origin, secretFile: secretFile)
    }

    private mutating func take(
        _ given: [String: GivenSettings.Setting], of key: ConfigurationKey, _ rules: ConfigurationKey.OptionRules,
        _ problems: inout [String]
    ) {
        for (option, setting) in given.sorted(by: { $0.key < $1.key }) {
            if let reason = rules.refused[option] {
                problems.append("\(setting.origin): \(key.name).\(option) is refused: \(reason)")
            } else if Configuration.isSecretOption(option), setting.texts.last == Configuration.mask {
                problems.append(
                    "\(setting.origin): \(key.name).\(option): this is the mask that replaces a printed secret; give the secret itself"
                )
            } else {
                options[key.name, default: [:]][option] = Entry(
                    value: .text(setting.texts.joined(separator: ",")), origin: setting.origin)
            }
        }
    }
}
