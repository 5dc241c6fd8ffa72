import Platform

/// What a key needs to do anything at all. Whoever gives one without that is told: it would be ignored without a word.
public struct IdleSetting: Sendable {
    enum Need: Sendable {
        /// Another key has one of these words.
        case word(String, [String])
        /// Another key is set.
        case set(String)
    }

    /// A key, or a section with a dot at its end.
    let name: String
    /// Any of these is enough.
    let needs: [Need]
    /// Programs that share a file with this one may need what it does not: with this `source.kind` nothing is said.
    let exempt: String?

    init(_ name: String, needs: Need..., exempt: String? = nil) {
        self.name = name
        self.needs = needs
        self.exempt = exempt
    }

    func concerns(_ key: String) -> Bool { name.hasSuffix(".") ? key.hasPrefix(name) : key == name }

    /// What is missing for it to do anything, and what to set; nil where it does.
    func reason(_ configuration: Configuration) -> (missing: String, fix: String)? {
        guard exempt == nil || configuration.text("source.kind") != exempt, !needs.contains(where: { configuration.meets($0) })
        else { return nil }
        let missing = needs.map { need in
            switch need {
            case .word(let key, _): configuration.text(key).map { "with \(key) \($0)" } ?? "without \(key)"
            case .set(let key): "without \(key)"
            }
        }
        let fix = needs.map { need in
            switch need {
            case .word(let key, let words): "\(key) to \(words.joined(separator: " or "))"
            case .set(let key): key
            }
        }
        return (missing.joined(separator: " and "), fix.joined(separator: ", or "))
    }
}

extension Configuration {
    fileprivate func meets(_ need: IdleSetting.Need) -> Bool {
        switch need {
        case .word(let key, let words): text(key).map { words.contains($0) } ?? false
        case .set(let key): isSet(key)
        }
    }

    /// Why a key does nothing here, and what to set for it to do something; nil where it does.
    func idleReason(_ name: String) -> (missing: String, fix: String)? {
        for idle in schema.idle where idle.concerns(name) {
            if let reason = idle.reason(self) { return reason }
        }
        return nil
    }

    /// What was given and does nothing, a sentence each. Defaults are nobody's mistake.
    func idleProblems() -> [String] {
        schema.keys.compactMap { key in
            let given = entries[key.name]?.origin ?? options[key.name]?.values.first?.origin
            guard let given, given != .standard, let (missing, fix) = idleReason(key.name) else { return nil }
            return "\(given): \(key.name) has no effect \(missing); remove it, or set \(fix)"
        }
    }
}

extension ConfigurationSchema {
    /// Of the worker's keys.
    static let idleInWorker: [IdleSetting] = {
        let kafka = IdleSetting.Need.word("source.kind", ["kafka"])
        let letters = IdleSetting.Need.word("dead-letters.kind", ["kafka"])
        let tables = IdleSetting.Need.word("store.kind", ["dynamodb"])
        let encrypted = IdleSetting.Need.word("kafka.security.protocol", ["ssl", "sasl_ssl"])
        let passwords = IdleSetting.Need.word("kafka.sasl.mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
        let consumer = [
            "kafka.topics", "kafka.group.id", "kafka.group.instance.id", "kafka.client.rack",
            "kafka.partition.assignment.strategy", "kafka.auto.offset.reset", "kafka.ready-lag", "kafka.statistics.interval",
        ]
        return consumer.map { IdleSetting($0, needs: kafka, exempt: "kcl") } + [
            IdleSetting("kafka.", needs: kafka, letters, .set("writing.topic"), exempt: "kcl"),
            IdleSetting("kafka.ssl.", needs: encrypted),
            IdleSetting("kafka.ssl.key.password", needs: .set("kafka.ssl.key.location")),
            IdleSetting("kafka.sasl.username", needs: passwords), IdleSetting("kafka.sasl.password", needs: passwords),
            IdleSetting("kafka.sasl.region", needs: .word("kafka.sasl.mechanism", ["OAUTHBEARER"])),
            IdleSetting("kinesis.", needs: .word("source.kind", ["kinesis"]), exempt: "kcl"),
            IdleSetting("kinesis.regions", needs: .word("kinesis.topology", ["all"])),
            IdleSetting("kcl.lease-table", needs: tables),
            IdleSetting("http.changes", needs: .word("store.kind", ["embedded", "dynamodb"])),
            IdleSetting("store.path", needs: .word("store.kind", ["embedded"])), IdleSetting("store.prefix", needs: tables),
            IdleSetting("store.format", needs: tables), IdleSetting("store.readable", needs: tables),
            IdleSetting("engine.heartbeat-write-interval", needs: tables),
            IdleSetting("aliases.country", needs: .set("aliases.key-file")),
            IdleSetting("dead-letters.path", needs: .word("dead-letters.kind", ["file"])),
            IdleSetting("dead-letters.topic", needs: letters),
            IdleSetting("capture.file-bytes", needs: .set("capture.path")),
            IdleSetting("capture.bytes", needs: .set("capture.path")),
            IdleSetting("failover.control.table", needs: .word("failover.control.kind", ["dynamodb"])),
            IdleSetting("failover.control.regions", needs: .word("failover.control.kind", ["dynamodb"])),
            IdleSetting("failover.control.unverified", needs: .word("failover.control.kind", ["dynamodb"])),
            IdleSetting("failover.synthetic.token-file", needs: .set("failover.synthetic.url")),
            IdleSetting("failover.synthetic.age", needs: .set("failover.synthetic.url")),
            IdleSetting("failover.actuators.route53.identifiers", needs: .set("failover.actuators.route53.records")),
            IdleSetting("failover.actuators.webhook.secret-file", needs: .set("failover.actuators.webhook.url")),
            IdleSetting("failover.control.path", needs: .word("failover.control.kind", ["local"])),
        ]
    }()
}
