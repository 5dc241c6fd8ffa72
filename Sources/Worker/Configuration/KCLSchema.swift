extension ConfigurationSchema {
    /// The settings of `converge kcl`: the worker's, so that both may share a file, with defaults for one process a shard. Where records
    /// come from is the daemon's to know, and needs no key.
    public static let kcl = ConfigurationSchema(
        keys: worker.keys.map(perShard),
        rules: worker.rules + [
            ConfigurationRule { configuration in
                guard configuration.text("dead-letters.kind") == "kafka", !configuration.isSet("kafka.bootstrap.servers") else {
                    return nil
                }
                return "dead-letters.kind kafka requires kafka.bootstrap.servers"
            }
        ], idle: worker.idle)

    /// A machine has as many processes as shards: what one takes by itself is little.
    private static func perShard(_ key: ConfigurationKey) -> ConfigurationKey {
        var key = key
        switch key.name {
        case "source.kind":
            if case .choice(let words) = key.kind { key.kind = .choice(words + [SourceSettings.Kind.kcl.rawValue]) }
            key.defaultText = SourceSettings.Kind.kcl.rawValue
        case "engine.threads": key.defaultText = "1"
        case "engine.dirty-bytes": key.defaultText = "64m"
        case "engine.cache-bytes": key.defaultText = "128m"
        case "http.port":
            key.defaultText = nil
            key.unset = "no HTTP"
        default: break
        }
        return key
    }
}
