import ContactCenter
import EngineCore

extension DecoderOptions {
    /// Writes down what a state's rows mean, or refuses to mix two meanings in one state. `path`: of the state, for people.
    package func bind(to store: any Store, at path: String) throws {
        let now = skewGuard.now.map { "\($0)" } ?? "none"
        let meaning = "--max-skew \(skewGuard.maxSkew)ms --now \(now) --customer-attribute \(customerAttribute)"
        try bindAliases(to: store, at: path)
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

    /// Aliases may begin late, and end; under two keys, or two countries, one number would have two.
    private func bindAliases(to store: any Store, at path: String) throws {
        guard let aliasKey else { return }
        let meaning = "key \(aliasKey.keyID), country \(aliasKey.country?.description ?? "none")"
        guard let before = try store.metadata("aliases") else {
            try store.setMetadata("aliases", meaning)
            return
        }
        guard before == meaning else {
            throw StoreError(
                .unavailable,
                """
                the aliases in \(path) were written with another key or country; with two, one phone number would have two aliases
                  written with: \(before)
                  given now:    \(meaning)
                Use the same key and country, or another state.
                """)
        }
    }
}
