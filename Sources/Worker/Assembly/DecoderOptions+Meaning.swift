import ContactCenter
import EngineCore

extension DecoderOptions {
    /// Writes down what a state's rows mean, or refuses to mix two meanings in one state. `path`: of the state, for people.
    package func bind(to store: any Store, at path: String) throws {
        let now = skewGuard.now.map { "\($0)" } ?? "none"
        let meaning = "--max-skew \(skewGuard.maxSkew)ms --now \(now) --customer-attribute \(customerAttribute)"
        guard let before = try store.metadata("meaning") else {
            try store.setMetadata("meaning", meaning)
            return
        }
        guard before == meaning else {
            throw StoreError(
                .unavailable,
                """
                the state in \(path) was built with other options; with different ones, the same events would lead to another state
                  built with: \(before)
                  given now:  \(meaning)
                Use the same options, or another --state directory.
                """)
        }
    }
}
