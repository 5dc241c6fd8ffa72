import TestSupport
import Testing

@testable import Platform
@testable import Worker

/// A small schema, so that these tests do not change with the worker's.
private let schema = ConfigurationSchema(
    keys: [
        ConfigurationKey("kafka.bootstrap.servers", .list, "brokers"),
        ConfigurationKey("kafka.group.id", .text, default: "converge", "group"),
        ConfigurationKey("kafka.password", .text, secret: true, "secret"),
        ConfigurationKey(
            "kafka.options", .options(ConfigurationKey.OptionRules(refused: ["enable.auto.commit": "because"])), "rest"),
        ConfigurationKey("engine.threads", .integer(1...64), flag: "threads", former: ("engine.workers", "workers"), "threads"),
        ConfigurationKey("engine.cache", .size(1024...1 << 30), default: "64k", flag: "cache", "bytes"),
        ConfigurationKey("engine.skew", .duration(0...60_000), default: "5s", flag: "skew", "time"),
        ConfigurationKey("engine.until-end", .boolean, default: "false", flag: "until-end", "ends"),
        ConfigurationKey("engine.from", .time(words: ["latest"]), flag: "from", "start"),
        ConfigurationKey("store.kind", .choice(["embedded", "memory"]), default: "embedded", "store"),
        ConfigurationKey("drain-timeout", .duration(0...60_000), default: "30s", "end"),
    ])

private func load(
    _ yaml: String = "", environment: [String: String] = [:], flags: [String] = [], secrets: [String: String] = [:],
    schema: ConfigurationSchema = schema
) throws -> Configuration {
    let options = try Options(flags, for: Command("run", usage: "", summary: "", flags: schema.flags), environment: environment)
    return try Configuration.load(
        schema, file: Configuration.File(path: "c.yaml", bytes: Array(yaml.utf8)), environment: environment, options: options,
        readSecret: { path throws(FileError) in
            guard let secret = secrets[path] else { throw FileError(description: "cannot open \(path)") }
            return Array(secret.utf8)
        })
}

private func problems(
    _ yaml: String = "", environment: [String: String] = [:], flags: [String] = [], secrets: [String: String] = [:],
    schema: ConfigurationSchema = schema
) -> [String] {
    do {
        _ = try load(yaml, environment: environment, flags: flags, secrets: secrets, schema: schema)
        return []
    } catch let error as ConfigurationError {
        return error.problems
    } catch {
        return ["\(error)"]
    }
}

@Suite("configuration", .limited)
struct ConfigurationTests {
    @Test("without any setting, the defaults apply")
    func defaults() throws {
        let configuration = try load()
        #expect(configuration.text("kafka.group.id") == "converge")
        #expect(configuration.bytes("engine.cache") == 65_536)
        #expect(configuration.milliseconds("engine.skew") == 5000)
        #expect(configuration.integer("engine.threads") == nil)
        #expect(!configuration.isOn("engine.until-end"))
        #expect(configuration.entries["store.kind"]?.origin == .standard)
    }

    @Test("every kind of value is read from the file, with the dots of its key as levels or as part of the name")
    func kinds() throws {
        let configuration = try load(
            """
            kafka:
              bootstrap:
                servers: [a:9092, "b:9092"]
              group.id: g
              options: {fetch.min.bytes: 1, fetch: {wait.max.ms: 5}}
            engine.threads: 4
            engine: {cache: 1m, skew: 250ms, until-end: yes, from: "2026-03-02T14:00:00Z"}
            store.kind: memory
            drain-timeout: 1m
            """)
        #expect(configuration.list("kafka.bootstrap.servers") == ["a:9092", "b:9092"])
        #expect(configuration.text("kafka.group.id") == "g")
        #expect(configuration.options("kafka.options").map(\.name) == ["fetch.min.bytes", "fetch.wait.max.ms"])
        #expect(configuration.options("kafka.options").map(\.value) == ["1", "5"])
        #expect(configuration.integer("engine.threads") == 4)
        #expect(configuration.bytes("engine.cache") == 1 << 20)
        #expect(configuration.milliseconds("engine.skew") == 250)
        #expect(configuration.isOn("engine.until-end"))
        #expect(configuration.time("engine.from") == Timestamp("2026-03-02T14:00:00Z"))
        #expect(configuration.text("store.kind") == "memory")
        #expect(configuration.milliseconds("drain-timeout") == 60_000)
        #expect(configuration.entries["engine.threads"]?.origin == .file(path: "c.yaml", line: 6))
    }

    @Test("a time may be one of the words that its key accepts", arguments: ["engine: {from: latest}", ""])
    func timeOrWord(_ yaml: String) throws {
        let configuration = try load(yaml, flags: yaml.isEmpty ? ["--from", "latest"] : [])
        #expect(configuration.text("engine.from") == "latest")
        #expect(configuration.time("engine.from") == nil)
        #expect(try load(environment: ["CONVERGE_FROM": "latest"]).text("engine.from") == "latest")
        let problem = problems(flags: ["--from", "yesterday"]).first
        #expect(problem?.contains("give a time such as 2026-03-02T14:00:00Z, or latest") == true, "\(problem ?? "none")")
        #expect(problems(flags: ["--from", "Latest"]).count == 1)
    }

    @Test("a flag overrides the environment, which overrides the file, which overrides the default")
    func precedence() throws {
        let yaml = "store.kind: memory\nengine: {threads: 1, skew: 1s, cache: 1k}\n"
        let environment = ["CONVERGE_THREADS": "2", "CONVERGE_SKEW": "2s"]
        let configuration = try load(yaml, environment: environment, flags: ["--threads", "3"])
        #expect(configuration.entries["engine.threads"] == .init(value: .integer(3), origin: .flag("threads")))
        #expect(
            configuration.entries["engine.skew"] == .init(value: .milliseconds(2000), origin: .environment("CONVERGE_SKEW")))
        #expect(configuration.entries["engine.cache"] == .init(value: .bytes(1024), origin: .file(path: "c.yaml", line: 2)))
        #expect(configuration.text("kafka.group.id") == "converge")
    }

    @Test("a former name is read from the file, the environment and flags; in the file it warns with its line")
    func formerName() throws {
        let file = try load("engine.workers: 1")
        #expect(file.entries["engine.threads"] == .init(value: .integer(1), origin: .file(path: "c.yaml", line: 1)))
        #expect(file.warnings == ["c.yaml:1: engine.workers was renamed; write engine.threads instead"])
        let environment = try load("engine: {workers: 1}", environment: ["CONVERGE_WORKERS": "2"])
        #expect(
            environment.entries["engine.threads"] == .init(value: .integer(2), origin: .environment("CONVERGE_WORKERS")))
        let flag = try load(environment: ["CONVERGE_THREADS": "2"], flags: ["--workers", "3"])
        #expect(flag.entries["engine.threads"] == .init(value: .integer(3), origin: .flag("threads")))
        #expect(problems("engine.workers: 1\nengine.threads: 2").first?.contains("remove one of them") == true)
    }

    @Test("the environment can switch off what the file switches on")
    func switchedOff() throws {
        let configuration = try load("engine.until-end: true", environment: ["CONVERGE_UNTIL_END": "false"])
        #expect(!configuration.isOn("engine.until-end"))
        #expect(try load(flags: ["--until-end"]).isOn("engine.until-end"))
    }

    @Test("the values of a list are separated by commas, or their flag is repeated")
    func lists() throws {
        #expect(try load("kafka.bootstrap.servers: a:1, b:2").list("kafka.bootstrap.servers") == ["a:1", "b:2"])
        #expect(
            try load(environment: ["CONVERGE_KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2"]).list("kafka.bootstrap.servers") == [
                "a:1", "b:2",
            ])
        let flags = ["--kafka-bootstrap-servers", "a:1", "--kafka-bootstrap-servers=b:2,c:3"]
        #expect(try load(flags: flags).list("kafka.bootstrap.servers") == ["a:1", "b:2", "c:3"])
    }

    @Test("options of librdkafka from file, environment and flags are combined by name")
    func options() throws {
        let configuration = try load(
            "kafka.options: {a: 1, b: 1, c: 1}", environment: ["CONVERGE_KAFKA_OPTIONS": "b=2;c=2,5"],
            flags: ["--kafka-options", "c=3=x"])
        #expect(configuration.options("kafka.options").map { "\($0.name)=\($0.value)" } == ["a=1", "b=2", "c=3=x"])
    }

    @Test("a key without a value and an empty variable count as not set")
    func empty() throws {
        let configuration = try load("kafka:\n  group.id:\nengine:\n", environment: ["CONVERGE_KAFKA_GROUP_ID": ""])
        #expect(configuration.entries["kafka.group.id"]?.origin == .standard)
    }

    @Test(
        "the error for an unknown key contains its line, the nearest known key and the accepted keys",
        arguments: [
            (
                "\nkafka:\n  bootstap.servers: a",
                "c.yaml:3: unknown key 'kafka.bootstap.servers'; did you mean 'kafka.bootstrap.servers'?"
            ),
            (
                "engine: {treads: 1}",
                "c.yaml:1: unknown key 'engine.treads'; did you mean 'engine.threads'? Accepted: engine.threads"
            ),
            ("kafak:\n  group.id: a", "c.yaml:1: unknown key 'kafak'; did you mean 'kafka'? Accepted: kafka, engine, store"),
            ("threads: 4", "did you mean 'engine.threads'?"),
            ("zzzzzzzzzzzz: 4", "unknown key 'zzzzzzzzzzzz'. Accepted: kafka, engine, store, drain-timeout"),
            ("kafka.group.id_file: a", "unknown key 'kafka.group.id_file'"),
            ("nope:", "unknown key 'nope'"),
            ("store: {kind: {a: 1}}", "store.kind is not a section; give one of embedded, memory"),
        ])
    func unknownKeys(yaml: String, message: String) {
        let found = problems(yaml)
        #expect(found.count == 1 && found[0].contains(message), "\(found)")
    }

    @Test(
        "the error for a wrong value contains its location and what is accepted",
        arguments: [
            ("engine.threads: 0", "c.yaml:1: engine.threads: '0' is not accepted; give a whole number from 1 to 64"),
            ("engine.threads: 4.5", "a whole number from 1 to 64"),
            ("engine.cache: 64mb", "a size from 1k to 1g"),
            ("engine.cache: 2g", "a size from 1k to 1g"),
            ("engine.skew: 5", "a duration from 0ms to 1m"),
            ("engine.until-end: maybe", "true or false"),
            ("engine.from: yesterday", "a time such as 2026-03-02T14:00:00Z"),
            ("store.kind: disk", "one of embedded, memory"),
            ("kafka.group.id: ''", "give text"),
            ("kafka.bootstrap.servers: []", "a list"),
            ("kafka.bootstrap.servers: [a, [b]]", "an item of the list is not plain text"),
            ("engine.threads: [1, 2]", "engine.threads takes one value, not a sequence"),
            ("kafka: yes", "kafka is a section; write its keys below it: bootstrap.servers, group.id, password, password_file"),
            ("kafka.options: 3", "kafka.options is a section"),
            ("- a", "the configuration must be a mapping"),
            ("a: [", "c.yaml:"),
            ("kafka.group.id: a\nkafka: {group.id: b}", "c.yaml:2: kafka.group.id is given here and at c.yaml:1"),
        ])
    func wrongValues(yaml: String, message: String) {
        let found = problems(yaml)
        #expect(found.count == 1 && found[0].contains(message), "\(found)")
    }

    @Test("all mistakes are reported together, those of environment and flags by their names")
    func allAtOnce() {
        let found = problems("wrong: 1\nstore.kind: x", environment: ["CONVERGE_THREADS": "many"], flags: ["--skew", "soon"])
        #expect(found.count == 4)
        #expect(found.contains { $0.hasPrefix("CONVERGE_THREADS: engine.threads: 'many'") })
        #expect(found.contains { $0.hasPrefix("--skew: engine.skew: 'soon'") })
    }

    @Test("an unknown variable that begins with the name of a section is a mistake; a variable of another command is not")
    func unknownVariables() {
        #expect(
            problems(environment: ["CONVERGE_KAFKA_GROUPID": "a"]).first?.contains("did you mean CONVERGE_KAFKA_GROUP_ID?")
                == true)
        #expect(
            problems(environment: ["CONVERGE_ENGINE_THREADS": "1"]).first?.contains("did you mean CONVERGE_THREADS?") == true)
        #expect(problems(environment: ["CONVERGE_STATE": "s", "CONVERGE_FORMAT": "json"]).isEmpty)
    }

    @Test("options that would break the delivery guarantees are refused with the reason")
    func refusedOptions() {
        for found in [
            problems("kafka.options: {enable.auto.commit: true}"),
            problems(flags: ["--kafka-options", "enable.auto.commit=true"]),
            problems(environment: ["CONVERGE_KAFKA_OPTIONS": "enable.auto.commit=1"]),
        ] {
            #expect(found.count == 1 && found[0].contains("kafka.options.enable.auto.commit is refused: because"), "\(found)")
        }
        #expect(problems(flags: ["--kafka-options", "hunter2"]).first?.contains("NAME=VALUE") == true)
        #expect(problems(flags: ["--kafka-options", "hunter2"]).first?.contains("hunter2") == false)
    }

    @Test("a rule over several values is checked only if each of them is valid")
    func rules() {
        let ruled = ConfigurationSchema(
            keys: schema.keys, rules: [ConfigurationRule { $0.isSet("kafka.bootstrap.servers") ? nil : "servers are needed" }])
        #expect(problems(schema: ruled) == ["servers are needed"])
        #expect(problems("store.kind: x", schema: ruled).count == 1)
        #expect(problems("kafka.bootstrap.servers: a", schema: ruled).isEmpty)
    }
}

@Suite("secrets of a configuration", .limited)
struct ConfigurationSecretTests {
    @Test("a secret may be read from a file, whose last line break is not part of it")
    func fromFile() throws {
        let secrets = ["/run/s": "hunter2\n"]
        for configuration in [
            try load("kafka.password_file: /run/s", secrets: secrets),
            try load(environment: ["CONVERGE_KAFKA_PASSWORD_FILE": "/run/s"], secrets: secrets),
            try load("kafka.password: old", flags: ["--kafka-password-file", "/run/s"], secrets: secrets),
        ] {
            #expect(configuration.text("kafka.password") == "hunter2")
        }
    }

    @Test("a secret that is given both directly and by file, or by a missing file, is a mistake")
    func mistakes() {
        #expect(problems("kafka: {password: a, password_file: b}").count == 1)
        #expect(problems(environment: ["CONVERGE_KAFKA_PASSWORD": "a", "CONVERGE_KAFKA_PASSWORD_FILE": "b"]).count == 1)
        #expect(problems(flags: ["--kafka-password=a", "--kafka-password-file=b"]).count == 1)
        #expect(problems("kafka.password_file: /nowhere").first?.contains("cannot open /nowhere") == true)
        #expect(problems("kafka.password_file: /s", secrets: ["/s": "\n"]).first?.contains("its value is not accepted") == true)
    }

    @Test("a printed configuration contains no secret and no option with a secret")
    func masked() throws {
        let configuration = try load(
            "kafka: {password: hunter2, options: {ssl.keystore.password: hunter3, ssl.key.pem: hunter4, client.id: c}}")
        for text in [configuration.yaml, configuration.json] {
            #expect(!text.contains("hunter"))
            #expect(text.contains(Configuration.mask))
        }
        #expect(configuration.text("kafka.password") == "hunter2")
    }

    @Test(
        "every option of librdkafka that may contain a secret is masked",
        arguments: [
            "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password", "ssl_key", "sasl.oauthbearer.config",
            "sasl.oauthbearer.client.secret", "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.extensions",
            "sasl.kerberos.kinit.cmd", "sasl.jaas.config",
        ])
    func secretOptions(name: String) {
        #expect(Configuration.isSecretOption(name))
        #expect(Configuration.isSecretOption(name.uppercased()))
        #expect(!Configuration.isSecretOption("sasl.kerberos.keytab"))
        #expect(!Configuration.isSecretOption("sasl.username"))
    }

    @Test("the mask of a printed secret is refused as a secret")
    func maskRead() {
        let found = problems("kafka: {password: '********', options: {ssl.key.password: '********'}}")
        #expect(found.count == 2 && found.allSatisfy { $0.contains("mask") }, "\(found)")
    }

    @Test("an error message contains no secret")
    func errors() {
        #expect(problems("kafka.password: ''").first?.contains("its value") == true)
    }
}

@Suite("a printed configuration", .limited)
struct ConfigurationPrintTests {
    @Test("values are printed with where they came from, and unset keys as comments")
    func yaml() throws {
        let configuration = try load(
            "kafka.bootstrap.servers: ['a:9092']\nkafka.options.client.id: c", environment: ["CONVERGE_THREADS": "2"],
            flags: ["--skew=1m"])
        #expect(
            configuration.yaml == """
                kafka:
                  bootstrap.servers: ["a:9092"]  # c.yaml:1
                  group.id: converge  # default
                  # password: not set
                  options:
                    client.id: c  # c.yaml:2
                engine:
                  threads: 2  # CONVERGE_THREADS
                  cache: 64k  # default
                  skew: 1m  # --skew
                  until-end: false  # default
                  # from: not set
                store:
                  kind: embedded  # default
                drain-timeout: 30s  # default

                """)
    }

    @Test("JSON contains values in base units, and their origins")
    func json() throws {
        let text = try load(flags: ["--cache", "1k"]).json
        #expect(text.contains(#""engine.cache":{"origin":"--cache","unit":"bytes","value":1024}"#))
        #expect(text.contains(#""engine.skew":{"origin":"default","unit":"milliseconds","value":5000}"#))
        #expect(text.contains(#""engine.threads":{"origin":"not set","value":null}"#))
    }

    @Test(
        "a printed configuration is read back as the same one, whatever its texts contain",
        arguments: [
            "plain", "null", "~", "true", "NO", "12", "1e3", "- a", "a: b", "a #b", "", " x ", "'", "\"", "\\", "a\nb", "{",
            "[a", "*a",
            "&a", "!a", "%", "@", "`", "ünï", "\u{85}\u{2028}\u{FEFF}", "😀", "\u{0}\u{7F}", "********", "=", "<<", "? a", "...",
            "---",
        ])
    func roundTrip(text: String) throws {
        var before = try load()
        if !text.isEmpty { before.entries["kafka.group.id"] = .init(value: .text(text), origin: .standard) }
        before.entries["kafka.bootstrap.servers"] = .init(value: .list([text + "x", "b" + text]), origin: .standard)
        before.options["kafka.options"] = ["x" + text: .init(value: .text("v" + text), origin: .standard)]
        let after = try load(before.yaml)
        #expect(after.entries.mapValues(\.value) == before.entries.mapValues(\.value))
        #expect(after.options["kafka.options"]?.mapValues(\.value) == before.options["kafka.options"]?.mapValues(\.value))
    }

    @Test("every default of the worker is a valid value, and all flags and variables are distinct")
    func worker() throws {
        let keys = ConfigurationSchema.worker.keys
        for key in keys {
            if let text = key.defaultText { #expect(key.value(text) != nil, "\(key.name)") }
            #expect(!key.help.isEmpty)
            if case .boolean = key.kind { #expect(key.defaultText == "false", "a flag without value can only switch on") }
        }
        let flags = ConfigurationSchema.worker.flags.map(\.name)
        #expect(Set(flags).count == flags.count)
        #expect(Set(keys.map(\.name)).count == keys.count)
        let minimal = "kafka: {bootstrap.servers: [a], topics: [t]}"
        let configuration = try load(minimal, schema: .worker)
        let again = try load(configuration.yaml, schema: .worker)
        #expect(again.entries.mapValues(\.value) == configuration.entries.mapValues(\.value))
    }

    @Test(
        "a rule over several of the worker's keys reports the missing key",
        arguments: [
            ("", "source.kind kafka requires kafka.bootstrap.servers"),
            ("kafka.topics: t", "source.kind kafka requires kafka.bootstrap.servers"),
            ("dead-letters.kind: kafka", "dead-letters.kind kafka requires dead-letters.topic"),
            ("kafka.ssl.key.location: k", "kafka.ssl.key.location requires kafka.ssl.certificate.location"),
            ("kafka.security.protocol: sasl_ssl", "require kafka.sasl.mechanism"),
            ("kafka.sasl.mechanism: PLAIN", "unless kafka.security.protocol is sasl_plaintext or sasl_ssl"),
            ("kafka: {security.protocol: sasl_ssl, sasl.mechanism: PLAIN, sasl.username: u}", "requires kafka.sasl.password"),
            ("kafka: {security.protocol: sasl_ssl, sasl.mechanism: OAUTHBEARER}", "requires kafka.sasl.region"),
            (
                "kafka.options.enable.auto.commit: true",
                "Converge itself commits a position when everything up to it is durable"
            ),
            ("kafka.options.group.id: x", "use kafka.group.id"),
        ])
    func workerRules(yaml: String, message: String) {
        #expect(problems(yaml, schema: .worker).contains { $0.contains(message) })
    }
}
