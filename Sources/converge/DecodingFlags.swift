import ContactCenter
import EngineCore
import Platform
import Worker

/// The flags that change what events mean, shared by every command that decodes.
enum DecodingFlags {
    static let flags = [
        Flag("max-skew", "DURATION", "quarantine events stamped further ahead of their arrival (default: 5m)"),
        Flag("now", "TIME", "stands in for the arrival where a capture has none (ISO 8601); without it such events all pass"),
        Flag("customer-attribute", "NAME", "the contact attribute that names the customer (default: customerId)"),
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

    /// Writes down what a state's rows mean, or refuses to mix two meanings in one state.
    static func bind(_ decoder: DecoderOptions, to store: any Store, at path: String) throws {
        let now = decoder.skewGuard.now.map { "\($0)" } ?? "none"
        let meaning = "--max-skew \(decoder.skewGuard.maxSkew)ms --now \(now) --customer-attribute \(decoder.customerAttribute)"
        guard let before = try store.metadata("meaning") else {
            try store.setMetadata("meaning", meaning)
            return
        }
        guard before == meaning else {
            throw StoreError(
                .unavailable,
                """
                the state in \(path) was built with other options, and mixing them would give one state two meanings
                  it was built with: \(before)
                  asked for now:     \(meaning)
                Use the same options, or another --state directory.
                """)
        }
    }
}
