/// Reads keys that have a value in every configuration that is accepted: they have a default, or a rule of the schema demands them.
/// An error means that the schema promises neither.
struct RequiredValues {
    let configuration: Configuration

    func text(_ name: String) throws(ConfigurationError) -> String { try present(configuration.text(name), name) }
    func integer(_ name: String) throws(ConfigurationError) -> Int { try present(configuration.integer(name), name) }
    func bytes(_ name: String) throws(ConfigurationError) -> Int { try present(configuration.bytes(name), name) }
    func milliseconds(_ name: String) throws(ConfigurationError) -> Int64 {
        try present(configuration.milliseconds(name), name)
    }

    /// Of a key whose words are the cases of an enum.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(ConfigurationError) -> Word {
        try present(configuration.text(name).flatMap(Word.init(rawValue:)), name)
    }

    private func present<Value>(_ value: Value?, _ name: String) throws(ConfigurationError) -> Value {
        guard let value else { throw ConfigurationError(problems: ["\(name) is required"]) }
        return value
    }
}

extension Configuration {
    var required: RequiredValues { RequiredValues(configuration: self) }
}
