import Platform

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
