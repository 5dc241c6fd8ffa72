import ContactCenter
import Platform

/// The ID of an alias on the command line: as it is stored, or, with the key, what it stands for.
enum AliasOperand {
    /// `phone/5f0c..` is itself. With `key` also a number, an address, or `chat:` and a chat identity; `phone:` and `email:` may precede, too.
    static func id(_ text: String, _ key: AliasKey?) throws(UsageError) -> String {
        for type in AliasType.allCases where text.hasPrefix("\(type.name)/") { return text }
        guard let key else {
            throw UsageError(
                "an alias is shown by its id, such as phone/5f0c.., or with --alias-key-file by a phone number, an e-mail address or chat:IDENTITY"
            )
        }
        let told = AliasType.allCases.first { text.hasPrefix("\($0.name):") }
        let type = told ?? (text.contains("@") ? .email : .phone)
        let identity = told.map { String(text.dropFirst("\($0.name):".count)) } ?? text
        guard let id = key.id(type, identity) else {
            throw UsageError(
                type == .phone
                    ? "this is no phone number that can be normalised; write it with its calling code, such as +442079460018, or give --alias-country"
                    : "this is no \(type == .email ? "e-mail address" : "chat identity") that can be normalised")
        }
        return id
    }
}
