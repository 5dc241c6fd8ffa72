import Platform

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

/// `source.from`: where a partition begins that is read for the first time.
package enum StartSetting: Sendable, Equatable {
    case beginning
    case latest
    /// At the first record that is no older.
    case time(Timestamp)

    /// Nil where it is not given.
    init?(_ configuration: Configuration) {
        if let time = configuration.time("source.from") {
            self = .time(time)
        } else if let word = configuration.text("source.from") {
            self = word == "latest" ? .latest : .beginning
        } else {
            return nil
        }
    }
}
