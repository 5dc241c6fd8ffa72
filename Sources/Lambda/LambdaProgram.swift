import AWS
import ContactCenter
import EngineCore
import Glibc
import HTTPClient
import Lattice
import Observability
import Platform
import Storage

/// The function, from its start to its end: `converge lambda`, and the executable of the zip.
public enum LambdaProgram {
    /// How long connections may take to be made before the first invocation.
    private static let warmUp = Duration.seconds(2)

    /// The exit code: 1 it cannot start, or no invocations come any more; 2 it does not run in AWS Lambda.
    public static func run() -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        CertificateBundle.set()
        return run(.process, names: names())
    }

    /// `names`: of all variables.
    static func run(_ environment: Environment, names: [String]) -> Int32 {
        let lines = StandardError()
        guard let address = environment["AWS_LAMBDA_RUNTIME_API"] else {
            lines.put(
                Array(
                    "converge lambda: AWS_LAMBDA_RUNTIME_API is not set: this runs in AWS Lambda only; see docs/lambda.md\n"
                        .utf8))
            return 2
        }
        let log = Log(format: .lambda, sink: lines)
        do {
            let session = try AWSSession(environment)
            guard let api = RuntimeAPI(address, session.http) else {
                lines.put(Array("converge lambda: AWS_LAMBDA_RUNTIME_API: not HOST:PORT\n".utf8))
                return 2
            }
            do {
                let settings = try LambdaSettings(environment, names: names)
                log.level = LogLevel(name: settings.logLevel) ?? .info
                let function = try function(settings, session, log)
                InvocationLoop(api: api, function: function, log: log).run()
            } catch {
                log.error("lambda.configuration", "\(error)")
                try api.failToStart("\(error)")
            }
        } catch {
            log.error("lambda.failed", "\(error)")
        }
        return 1
    }

    /// Makes what the function needs, and its connections: a handshake at the start is none while a caller waits.
    private static func function(_ settings: LambdaSettings, _ session: AWSSession, _ log: Log) throws -> FlowFunction {
        // Half the time for one request, so that one that got lost, or went over a connection that is dead, can be sent again.
        let each = Duration.milliseconds(max(50, settings.deadlineMilliseconds / 2))
        let timeouts = HTTPTimeouts(connect: each, firstByte: each, idle: each, total: each)
        let retry = RetryOptions(attemptsMax: 2)
        let tables = FlowTables(
            reader: DynamoDBReader(
                try session.client(.dynamoDB, region: settings.region, retry: retry, timeouts: timeouts),
                prefix: settings.prefix))
        let stream = try settings.writing.map { writing in
            FlowStream(
                stream: KinesisStream(arn: writing.stream) ?? KinesisStream(name: writing.stream, region: settings.region),
                client: try session.client(.kinesis, region: settings.region, retry: retry, timeouts: timeouts))
        }
        let start = ContinuousClock.now
        let streamIsWarm = Awaited<Bool>()
        if let stream {
            // Whether it is permitted does not matter: the connection is there.
            var limits = SendLimits()
            limits.deadline = start + warmUp
            stream.client.submit(Kinesis.DescribeStreamSummary(stream.stream), limits) { _ in streamIsWarm.bring(true) }
        }
        var fields: (tables: String, milliseconds: Double) = ("reachable", 0)
        do throws(StoreError) {
            try tables.read([ContextRead(.customer, "converge-start")], until: start + warmUp) { _, _ in }
        } catch {
            fields.tables = error.message
            log.error("lambda.tables", "the tables cannot be read: \(error)")
        }
        if stream != nil { _ = streamIsWarm.wait(until: monotonicMilliseconds() + 500) }
        fields.milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        log.info(
            "lambda.started", "the function is ready",
            [
                "region": .text(settings.region), "prefix": .text(settings.prefix),
                "aliases": .boolean(settings.aliases != nil),
                "writing": .boolean(settings.writing != nil), "connectMilliseconds": .number(fields.milliseconds),
                "tables": .text(fields.tables),
            ])
        return FlowFunction(settings, reading: tables, writing: stream, log)
    }

    private static func names() -> [String] {
        var names: [String] = []
        var at = environ
        while let entry = at.pointee {
            names.append(String(String(cString: entry).prefix { $0 != "=" }))
            at += 1
        }
        return names
    }
}

/// Standard error, written at once: the machine is frozen when an invocation is answered, and a thread that writes would be, too.
private struct StandardError: LogSink {
    var droppedLines: Int { 0 }

    func put(_ line: [UInt8]) { _ = write(STDERR_FILENO, line, line.count) }
}
