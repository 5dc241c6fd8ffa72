import ContactCenter
import Platform
import Worker

/// The flags that change what events mean, shared by every command that decodes.
enum DecodingFlags {
    private static let skew = Quantity.text(milliseconds: DecoderOptions().skewGuard.maxSkew)
    private static let attribute = DecoderOptions().customerAttribute

    static let flags = [
        Flag("max-skew", "DURATION", "quarantine events stamped further ahead of their arrival (default: \(skew))"),
        Flag("now", "TIME", "stands in for the arrival where a capture has none (ISO 8601); without it such events all pass"),
        Flag("customer-attribute", "NAME", "the contact attribute that names the customer (default: \(attribute))"),
    ]

    static func read(_ options: Options) throws(UsageError) -> DecoderOptions {
        var decoder = DecoderOptions()
        if let skew = try options.duration("max-skew") { decoder.skewGuard.maxSkew = skew }
        if let text = options["now"] {
            guard let now = Timestamp(text) else {
                throw UsageError("--now: '\(text)' is no time; write it as 2026-03-02T14:00:00Z")
            }
            decoder.skewGuard.now = now
        }
        if let attribute = options["customer-attribute"] {
            guard !attribute.isEmpty else { throw UsageError("--customer-attribute: give the name of a contact attribute") }
            decoder.customerAttribute = attribute
        }
        return decoder
    }
}
