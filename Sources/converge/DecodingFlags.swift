import ContactCenter
import Platform
import Worker

/// The flags that change what events mean, shared by every command that decodes.
enum DecodingFlags {
    private static let skew = Quantity.text(milliseconds: DecoderOptions().skewGuard.maxSkew)
    private static let attribute = DecoderOptions().customerAttribute

    static let flags =
        [
            Flag("max-skew", "DURATION", "quarantine an event whose time is further ahead of its arrival (default: \(skew))"),
            Flag(
                "now", "TIME",
                "arrival time (ISO 8601) of records that have none in a capture; without it, such events are never quarantined"),
            Flag("without-volume", nil, "do not count the contacts that customers start (entities of the kind volume)"),
            Flag("customer-attribute", "NAME", "the contact attribute that contains the customer's id (default: \(attribute))"),
        ] + aliasFlags

    /// Of commands that look aliases up, too.
    static let aliasFlags = [
        Flag(
            "alias-key-file", "FILE",
            "file with the key under which phone numbers, e-mail addresses and chat identities are aliases of customers (default: no aliases)"
        ),
        Flag("alias-country", "CODE", "calling code of phone numbers that are written without one, such as 44"),
    ]

    static func read(_ options: Options) throws(UsageError) -> DecoderOptions {
        var decoder = DecoderOptions()
        if let skew = try options.duration("max-skew") { decoder.skewGuard.maxSkew = skew }
        if let text = options["now"] {
            guard let now = Timestamp(text) else {
                throw UsageError("--now: '\(text)' is not a time; write it as 2026-03-02T14:00:00Z")
            }
            decoder.skewGuard.now = now
        }
        decoder.countsVolume = !options.isSet("without-volume")
        if let attribute = options["customer-attribute"] {
            guard !attribute.isEmpty else { throw UsageError("--customer-attribute: give the name of a contact attribute") }
            decoder.customerAttribute = attribute
        }
        decoder.aliasKey = try aliasKey(options)
        return decoder
    }

    /// The key that the flags name; nil: none.
    static func aliasKey(_ options: Options) throws(UsageError) -> AliasKey? {
        guard let file = options["alias-key-file"] else {
            if options["alias-country"] != nil { throw UsageError("--alias-country is of no use without --alias-key-file") }
            return nil
        }
        return try AliasKey(file: file, country: try CallingCode(told: options["alias-country"], as: "--alias-country"))
    }
}
