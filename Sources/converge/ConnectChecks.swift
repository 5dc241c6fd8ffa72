import AWS
import Glibc
import HTTPServer
import Ingest
import JSON
import Platform
import Storage
import Worker

/// `converge config check --connect`: whether what a worker is to read and write is there and may be used. Changes nothing: files are made and
/// removed again, writes to tables are on a condition that cannot hold.
///
/// Bound: each call has five seconds, and after ``millisecondsMax`` nothing more is tried.
struct ConnectChecks {
    struct Check {
        var what: String
        var found: String
        var isFine: Bool
    }

    static let millisecondsMax: Int64 = 60_000
    private static let brokerMilliseconds: Int32 = 5_000

    private let configuration: Configuration
    private let deadline = monotonicMilliseconds() + ConnectChecks.millisecondsMax
    private(set) var checks: [Check] = []

    init(_ configuration: Configuration) { self.configuration = configuration }

    static func run(_ configuration: Configuration) -> [Check] {
        var run = ConnectChecks(configuration)
        run.checkPaths()
        run.checkHTTP()
        if RunChecks.usesKafka(configuration) { run.checkKafka() }
        let isKinesis = configuration.text("source.kind") == "kinesis"
        if isKinesis || configuration.text("store.kind") == "dynamodb" { run.checkAWS(isKinesis) }
        return run.checks
    }

    private mutating func check(_ what: String, _ body: () throws -> String) {
        guard monotonicMilliseconds() < deadline else {
            return checks.append(
                Check(what: what, found: "not tried: \(ConnectChecks.millisecondsMax / 1000) s are over", isFine: false))
        }
        do { checks.append(Check(what: what, found: try body(), isFine: true)) } catch {
            checks.append(Check(what: what, found: "\(error)", isFine: false))
        }
    }

    // MARK: This machine

    private mutating func checkPaths() {
        let isEmbedded = configuration.text("store.kind") == "embedded"
        if isEmbedded, let path = configuration.text("store.path") {
            check("store.path \(path)") { try ConnectChecks.probe(directory: path) }
        }
        if let path = configuration.text("log.path") {
            check("log.path \(path)") {
                try DeadLetterFile(path: path).probe()
                return "can be written"
            }
        }
        if let path = configuration.text("capture.path") {
            check("capture.path \(path)") { try ConnectChecks.probe(directory: path) }
        }
        // Without a path of their own they are in the state's directory.
        if configuration.text("dead-letters.kind") == "file",
            let path = configuration.text("dead-letters.path") ?? (isEmbedded ? nil : "dead-letters.jsonl")
        {
            check("dead-letters.path \(path)") {
                try DeadLetterFile(path: path).probe()
                return "can be written"
            }
        }
    }

    private static func probe(directory path: String) throws -> String {
        if exists(path) {
            try DeadLetterFile(path: "\(path)/.converge-check").probe()
            return "can be written"
        }
        guard mkdir(path, 0o700) == 0 else { throw PathError(path: path, reason: String(cString: strerror(errno))) }
        rmdir(path)
        return "is not there; the worker makes it"
    }

    private mutating func checkHTTP() {
        guard let port = configuration.integer("http.port") else { return }
        let address = configuration.text("http.address") ?? "127.0.0.1"
        check("http \(address):\(port)") {
            try HTTPServer(address: address, port: port, router: HTTPRouter()).stop()
            return "is free"
        }
    }

    // MARK: Kafka

    private mutating func checkKafka() {
        let configuration = configuration
        let isSource = configuration.text("source.kind") == "kafka"
        let topics = isSource ? configuration.list("kafka.topics") : []
        let letters = configuration.text("dead-letters.kind") == "kafka" ? configuration.text("dead-letters.topic") : nil
        var look: KafkaLook?
        check("kafka brokers \(configuration.list("kafka.bootstrap.servers").joined(separator: ","))") {
            let (found, trouble) = try KafkaSettings(configuration).look(
                at: topics + (letters.map { [$0] } ?? []), milliseconds: ConnectChecks.brokerMilliseconds)
            guard let found else { throw PathError(path: "no answer", reason: trouble) }
            look = found
            return "answer" + (found.cluster.map { "; cluster \($0)" } ?? "")
        }
        guard let look else { return }
        for (topic, count) in zip(topics, look.partitions) {
            check("topic \(topic)") { try ConnectChecks.partitions(count, "create it, or mend kafka.topics") }
        }
        if let letters, let count = look.partitions.last {
            check("topic \(letters)") { try ConnectChecks.partitions(count, "create it, or mend dead-letters.topic") }
        }
        guard isSource else { return }
        check("group \(configuration.text("kafka.group.id") ?? "")") {
            if let trouble = look.groupTrouble { throw PathError(path: "its commits cannot be read", reason: trouble) }
            return "may be used"
        }
    }

    private static func partitions(_ count: Int, _ advice: String) throws -> String {
        guard count > 0 else { throw PathError(path: "not there, or not to be described", reason: advice) }
        return "\(count) partition\(count == 1 ? "" : "s")"
    }

    // MARK: AWS

    private mutating func checkAWS(_ isKinesis: Bool) {
        var session: AWSSession?
        var region = ""
        check("AWS credentials") {
            let made = try AWSSession()
            region = try made.region()
            let credentials = try made.credentials.current()
            session = made
            return "\(credentials); Region \(region)"
        }
        guard let session else { return }
        if isKinesis {
            do {
                for look in try KinesisSettings(configuration, region: region).look(session) {
                    checks.append(Check(what: look.what, found: look.found, isFine: look.isFine))
                }
            } catch {
                checks.append(Check(what: "kinesis.streams", found: "\(error)", isFine: false))
            }
        }
        guard configuration.text("store.kind") == "dynamodb", let prefix = configuration.text("store.prefix"),
            let tables = DynamoDBTables(prefix: prefix, regions: [region])
        else { return }
        for name in tables.names {
            check("table \(name)") {
                do {
                    return try tables.access(to: name, AccessTrial(session, .dynamoDB, region: region))
                } catch let error as AWSError where error.code == "ResourceNotFoundException" {
                    throw PathError(path: "not there", reason: "converge tables create --prefix \(prefix) makes it")
                }
            }
        }
    }
}

/// What is wrong, and why or what to do.
private struct PathError: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "\(path): \(reason)" }
}

extension ConnectChecks.Check {
    /// An object and a newline.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("found", found)
            json.member("ok", isFine)
            json.member("what", what)
        }
        return json.buffer.bytes.text + "\n"
    }
}
