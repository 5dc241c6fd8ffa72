import AWS
import Ingest
import Platform
import Storage
import Worker

/// What is wrong with a configuration although every value is one that its key takes. `run` refuses what `config check` tells, and the other
/// way round, because this is what both ask. Makes nothing and asks nobody.
enum RunChecks {
    /// A sentence each; empty where all is right.
    static func problems(_ configuration: Configuration) -> [String] {
        var problems: [String] = []
        func check(_ body: () throws -> Void) {
            do { try body() } catch let error as KafkaError {
                if case .option(let name, let reason) = error {
                    problems.append("kafka.options.\(name): \(reason)")
                } else {
                    problems.append("\(error)")
                }
            } catch {
                problems.append("\(error)")
            }
        }
        if usesKafka(configuration) { check { try KafkaSettings(configuration).check() } }
        let isKinesis = configuration.text("source.kind") == "kinesis"
        // Where nothing says which, the instance does; streams and endpoints are told to be wrong in any.
        let region = (try? AWSSession())?.configuredRegion ?? "us-east-1"
        if isKinesis { check { try KinesisSettings(configuration, region: region).check() } }
        let hasTables = configuration.text("store.kind") == "dynamodb"
        if hasTables, let prefix = configuration.text("store.prefix"), !DynamoDBTables.isPrefix(prefix) {
            problems.append(
                "store.prefix: '\(printable(prefix))' is no beginning of a table's name; use letters, digits, '_', '-' and '.', 200 at most"
            )
        }
        var services: [AWSService] = isKinesis ? [.kinesis, .dynamoDB] : []
        if hasTables, !isKinesis { services.append(.dynamoDB) }
        for service in services { check { _ = try AWSSession().client(service, region: region) } }
        return problems
    }

    static func usesKafka(_ configuration: Configuration) -> Bool {
        configuration.text("source.kind") == "kafka" || configuration.text("dead-letters.kind") == "kafka"
    }

    /// The configuration of `run` or `kcl`, checked.
    static func load(_ options: Options, _ schema: ConfigurationSchema = .worker) throws(Worker.ConfigurationError)
        -> Configuration
    {
        let configuration = try Config.load(options, schema)
        let problems = problems(configuration)
        guard problems.isEmpty else { throw Worker.ConfigurationError(problems: problems) }
        return configuration
    }
}
