import ContactCenter
import Platform

/// Under which key customers' numbers and addresses are stored.
package struct AliasSettings: Sendable, Equatable {
    package var keyFile: String
    /// Of numbers that are written without a calling code.
    package var country: CallingCode?

    /// Nil without a key: no aliases are written.
    init?(_ configuration: Configuration) {
        guard let keyFile = configuration.text("aliases.key-file") else { return nil }
        self.keyFile = keyFile
        country = configuration.text("aliases.country").flatMap { CallingCode($0) }
    }

    /// Reads the key.
    func key() throws(UsageError) -> AliasKey { try AliasKey(file: keyFile, country: country) }
}
