/// Where events come from.
package enum SourceSettings: Sendable {
    case kafka(KafkaSourceSettings)
    case kinesis(KinesisSourceSettings)
    /// KCL's daemon, which `converge kcl` alone has: it tells what is read.
    case kcl

    /// The words of `source.kind`.
    enum Kind: String { case kafka, kinesis, kcl }

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        switch try configuration.required.word("source.kind") as Kind {
        case .kafka: self = .kafka(try KafkaSourceSettings(configuration, store))
        case .kinesis: self = .kinesis(try KinesisSourceSettings(configuration, store))
        case .kcl: self = .kcl
        }
    }
}
