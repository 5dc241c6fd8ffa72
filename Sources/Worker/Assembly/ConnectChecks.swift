import AWS
import Glibc
import HTTPServer
import Ingest
import JSON
import Platform
import Storage
import Tokens

/// `converge config check --connect`: whether what a worker is to read and write is there and may be used. Changes nothing: files are made and
/// removed again, writes to tables are on a condition that cannot hold.
///
/// Bound: each call has five seconds, and after ``millisecondsMax`` nothing more is tried.
package struct ConnectChecks {
    package struct Check {
        package var what: String
        package var found: String
        package var isFine: Bool
    }

    static let millisecondsMax: Int64 = 60_000
    private static let brokerMilliseconds: Int32 = 5_000

    private let settings: WorkerSettings
    private let deadline = monotonicMilliseconds() + ConnectChecks.millisecondsMax
    private var checks: [Check] = []

    private init(_ settings: WorkerSettings) { self.settings = settings }

    package static func run(_ settings: WorkerSettings) -> [Check] {
        var run = ConnectChecks(settings)
        run.checkPaths()
        run.checkHTTP()
        if let kafka = settings.kafka { run.checkKafka(kafka) }
        run.checkAWS()
        return run.checks
    }

    private mutating func check(_ what: String, _ body: () throws -> String) {
        guard monotonicMilliseconds() < deadline else {
            return checks.append(
                Check(
                    what: what, found: "not tested: the \(ConnectChecks.millisecondsMax / 1000) s for all checks are over",
                    isFine: false))
        }
        do { checks.append(Check(what: what, found: try body(), isFine: true)) } catch {
            checks.append(Check(what: what, found: "\(error)", isFine: false))
        }
    }

    // MARK: This machine

    private mutating func checkPaths() {
        if case .embedded(let path) = settings.store.place {
            check("store.path \(path)") { try ConnectChecks.probe(directory: path) }
        }
        if let path = settings.log.path {
            check("log.path \(path)") { try ConnectChecks.probe(file: path) }
        }
        if let path = settings.capture?.path {
            check("capture.path \(path)") { try ConnectChecks.probe(directory: path) }
        }
        if let path = lettersOutsideState {
            check("dead-letters.path \(path)") { try ConnectChecks.probe(file: path) }
        }
    }

    /// The file of dead letters that is not in the state's directory, which is tried by itself.
    private var lettersOutsideState: String? {
        switch (settings.deadLetters.place, settings.store.place) {
        case (.kafka, _), (.file(path: nil), .embedded): nil
        case (.file, _): settings.deadLetterPath
        }
    }

    private static func probe(file path: String) throws -> String {
        try DeadLetterFile(path: path).probe()
        return "writable"
    }

    private static func probe(directory path: String) throws -> String {
        if exists(path) {
            return try probe(file: "\(path)/.converge-check")
        }
        guard mkdir(path, 0o700) == 0 else { throw PathError(path: path, reason: String(cString: strerror(errno))) }
        rmdir(path)
        return "does not exist; the worker creates it"
    }

    private mutating func checkHTTP() {
        guard let http = settings.http else { return }
        check("http \(http.address):\(http.port)") {
            try HTTPServer(address: http.address, port: http.port, router: HTTPRouter()).stop()
            return "free"
        }
        if let operations = http.operations {
            check("http.operations \(operations.address):\(operations.port)") {
                try HTTPServer(address: operations.address, port: operations.port, router: HTTPRouter()).stop()
                return "free"
            }
        }
        for source in http.tokens?.sources ?? [] {
            check("http.tokens \(source.issuer.name)") {
                let document = try KeySetSource(http.tokens?.sources ?? []).fetch(source.issuer).get()
                let set = try KeySet(document)
                guard !set.keys.isEmpty else {
                    throw TokenGate.Problem("its key set has no key to verify with: \(set.skipped.joined(separator: "; "))")
                }
                return "\(set.keys.count) keys"
                    + (set.skipped.isEmpty ? "" : "; passed over: \(set.skipped.joined(separator: "; "))")
            }
        }
    }

    // MARK: Kafka

    private mutating func checkKafka(_ kafka: KafkaClientSettings) {
        let isSource = if case .kafka = settings.source { true } else { false }
        let topics = isSource ? kafka.topics : []
        let letters: String? = if case .kafka(let topic, _) = settings.deadLetters.place { topic } else { nil }
        var look: KafkaLook?
        check("kafka brokers \(kafka.brokers.joined(separator: ","))") {
            let (found, trouble) = try KafkaSettings(kafka).look(
                at: topics + (letters.map { [$0] } ?? []), milliseconds: ConnectChecks.brokerMilliseconds)
            guard let found else { throw PathError(path: "no response", reason: trouble) }
            look = found
            return "reachable" + (found.cluster.map { "; cluster \($0)" } ?? "")
        }
        guard let look else { return }
        for (topic, count) in zip(topics, look.partitions) {
            check("topic \(topic)") { try ConnectChecks.partitions(count, "create it, or correct kafka.topics") }
        }
        if let letters, let count = look.partitions.last {
            check("topic \(letters)") { try ConnectChecks.partitions(count, "create it, or correct dead-letters.topic") }
        }
        guard isSource else { return }
        check("group \(kafka.group)") {
            if let trouble = look.groupTrouble { throw PathError(path: "cannot read the group's commits", reason: trouble) }
            return "usable"
        }
    }

    private static func partitions(_ count: Int, _ advice: String) throws -> String {
        guard count > 0 else { throw PathError(path: "does not exist, or this user may not describe it", reason: advice) }
        return "\(count) partition\(count == 1 ? "" : "s")"
    }

    // MARK: AWS

    private mutating func checkAWS() {
        let kinesis: KinesisSourceSettings? = if case .kinesis(let kinesis) = settings.source { kinesis } else { nil }
        let prefix: String? = if case .tables(let prefix) = settings.store.place { prefix } else { nil }
        guard kinesis != nil || prefix != nil else { return }
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
        if let kinesis {
            do {
                for look in try KinesisSettings(kinesis, region: region).look(session) {
                    checks.append(Check(what: look.what, found: look.found, isFine: look.isFine))
                }
            } catch {
                checks.append(Check(what: "kinesis.streams", found: "\(error)", isFine: false))
            }
        }
        guard let prefix, let tables = DynamoDBTables(prefix: prefix, regions: [region]) else { return }
        // Without a key there are no aliases, and need not be a table of them.
        let unused = settings.aliases == nil ? DynamoDBStore.table(.alias, prefix: prefix) : nil
        for name in tables.names where name != unused {
            check("table \(name)") {
                do {
                    return try tables.access(to: name, AccessTrial(session, .dynamoDB, region: region))
                } catch let error as AWSError where error.dynamoDB == .missing {
                    throw PathError(path: "does not exist", reason: "create it with converge tables create --prefix \(prefix)")
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
    package var json: String {
        jsonLine { json in
            json.member("found", found)
            json.member("ok", isFine)
            json.member("what", what)
        }
    }
}
