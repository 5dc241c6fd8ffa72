import Foundation
import Testing

extension ProgramTests {
    @Suite("refusals of the worker on Kafka")
    struct KafkaRefusalTests {
        private static let some = ["--kafka-bootstrap-servers", "127.0.0.1:1", "--kafka-topics", "a", "--http-port", "0"]

        @Test(
            "wrong settings end the worker with exit code 2, and leave nothing behind",
            arguments: [
                (["--kafka-options", "enable.auto.commit=true"], "enable.auto.commit is refused"),
                (["--kafka-options", "enable.auto.offset.store=true"], "enable.auto.offset.store is refused"),
                (["--kafka-options", "auto.commit.interval.ms=5"], "auto.commit.interval.ms is refused"),
                (["--kafka-options", "no.such.thing=1"], "kafka.options.no.such.thing: No such configuration property"),
                (["--kafka-options", "fetch.max.bytes=many"], "kafka.options.fetch.max.bytes: "),
                (["--capture", "captures", "--capture-bytes", "1m"], "capture.file-bytes must be at most half"),
                (["--kafka-security-protocol", "sasl_ssl"], "sasl_ssl require kafka.sasl.mechanism"),
            ])
        func settings(_ flags: [String], _ message: String) throws {
            let scratch = try Scratch()
            let ended = try Program(["run"] + Self.some + flags, in: scratch).wait()
            #expect(ended.code == 2)
            #expect(ended.errors.contains(message), "\(ended.errors)")
            #expect(!scratch.exists("converge-state"))
        }

        @Test(
            "unwritable dead letters, log, state or capture end the worker with exit code 1 before it reads",
            arguments: [
                (["--dead-letters-path", "no/letters"], "cannot open dead letters to no/letters: No such file"),
                (["--dead-letters-path", "file/letters"], "cannot open dead letters to file/letters: Not a directory"),
                (["--dead-letters-path", "/proc/letters"], "cannot open dead letters to /proc/letters"),
                (["--log-path", "no/log"], "no/log"), (["--store-path", "file/state"], "file/state"),
                (["--capture", "file/captures"], "file/captures"),
            ])
        func unwritable(flags: [String], message: String) throws {
            let scratch = try Scratch()
            try scratch.write("file", "")
            let ended = try Program(["run"] + Self.some + flags, in: scratch).wait()
            #expect(ended.code == 1 && ended.errors.contains(message), "\(ended.errors)")
            #expect(!ended.errors.contains("run.start"))
        }

        @Test("the worker serves other machines only with http.insecure, and then warns")
        func insecure() throws {
            let scratch = try Scratch()
            let refused = try Program(["run"] + Self.some + ["--http-address", "0.0.0.0"], in: scratch).wait()
            #expect(refused.code == 2 && refused.errors.contains("http.insecure: true"), "\(refused.errors)")
            let worker = try KafkaWorker(Self.some + ["--http-address", "0.0.0.0", "--http-insecure"], in: scratch)
            try eventually("it says so", of: [worker]) {
                worker.entries("http.insecure").first?["level"] as? String == "warning"
            }
            worker.program.stop()
        }

        @Test("a capture that cannot be created, or belongs to another worker, is exit code 1", arguments: [true, false])
        func capture(isOthers: Bool) throws {
            let scratch = try Scratch()
            if !isOthers { try scratch.write("captures", "a file") }
            let flags = Self.some + ["--capture", "captures"]
            let others = try isOthers ? KafkaWorker(flags + ["--store-path", "others"], in: scratch) : nil
            if let others { try eventually("it runs", of: [others]) { others.page("/health/live") != nil } }
            let ended = try Program(["run"] + flags, in: scratch).wait()
            #expect(ended.code == 1)
            #expect(ended.errors.contains(isOthers ? "another worker writes to this directory" : "captures"), "\(ended.errors)")
            others?.program.stop()
        }

        @Test("an HTTP port in use is exit code 1")
        func port() throws {
            let scratch = try Scratch()
            let first = try KafkaWorker(Self.some + ["--store-path", "first"], in: scratch)
            try eventually("it listens", of: [first]) { first.page("/health/live") != nil }
            let address = try #require(first.fields("run.start")["http"] as? String)
            let port = try #require(address.split(separator: ":").last.map(String.init))
            let second = try Program(["run"] + Self.some + ["--store-path", "second", "--http-port", port], in: scratch).wait()
            #expect(second.code == 1)
            #expect(second.errors.contains("the port is in use"), "\(second.errors)")
            first.program.stop()
        }

        @Test("without brokers the worker is live but not ready, says why, and ends with exit code 0 after a signal")
        func noBroker() throws {
            let scratch = try Scratch()
            let worker = try KafkaWorker(Self.some, in: scratch)
            try eventually("it says so", of: [worker]) { !worker.entries("kafka.trouble").isEmpty }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(!worker.isReady)
            try worker.drain()
        }

        @Test(
            "a state that another worker has open, or that was built with other options, is refused", arguments: [true, false])
        func state(isOpen: Bool) throws {
            let scratch = try Scratch()
            let first = try KafkaWorker(Self.some, in: scratch)
            try eventually("it runs", of: [first]) { first.page("/health/live") != nil }
            if !isOpen { try first.drain() }
            let second = try Program(["run"] + Self.some + ["--max-skew", "1h"], in: scratch).wait()
            #expect(second.code == 1)
            #expect(second.errors.contains(isOpen ? "converge-state" : "other options"), "\(second.errors)")
            if isOpen { first.program.stop() }
        }

        @Test("missing TLS files are exit code 1")
        func noCertificate() throws {
            let scratch = try Scratch()
            let flags = Self.some + ["--kafka-security-protocol", "ssl", "--kafka-ssl-ca-location", "nowhere.pem"]
            let worker = try KafkaWorker(flags, in: scratch)
            #expect(try worker.program.wait().code == 1)
            let message = worker.entries("run.failed").first?["message"] as? String
            #expect(message?.contains("ssl.ca.location") == true, "\(worker.log)")
        }

        @Test("after --drain-timeout, and after a second signal, the worker ends with exit code 1", arguments: [true, false])
        func brokenOff(bySignal: Bool) throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state") + ["--drain-timeout", bySignal ? "1m" : "1ms"], in: scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            // What leaving the group waits for.
            broker.suspend()
            worker.signal(SIGTERM)
            if bySignal {
                try eventually("it drains", of: [worker]) { !worker.entries("run.drain").isEmpty }
                worker.signal(SIGTERM)
            }
            let ended = try worker.program.wait()
            #expect(ended.code == 1 && !ended.wasKilled)
            let message = worker.entries("run.broken-off").first?["message"] as? String
            #expect(message?.contains(bySignal ? "second" : "--drain-timeout") == true, "\(worker.log.suffix(3))")
        }

        @Test("after a signal to end the worker does not wait for brokers that do not respond")
        func hangingBroker() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 2)
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state"), in: scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            broker.suspend()
            try worker.drain()
        }

        @Test("after the log file is moved away, SIGHUP makes the worker write to a new one")
        func reopenedLog() throws {
            let scratch = try Scratch()
            let worker = try KafkaWorker(Self.some, in: scratch)
            try eventually("it says something", of: [worker]) { !worker.entries("kafka.trouble").isEmpty }
            try worker.moveLog(to: "old.log")
            worker.signal(SIGHUP)
            try worker.drain()
            #expect(try scratch.lines("old.log").contains { $0.contains("run.start") })
        }

        @Test("while one of two topics is missing the worker is not ready and names it, and is ready once it exists")
        func misspelledTopic() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            let worker = try KafkaWorker(broker.flags(topics: "events,evnets,^none-.*", state: "state"), in: scratch)
            func check() -> String {
                let page = worker.page("/health/ready") ?? ""
                return page.firstMatch(of: #/\{"name":"kafka.topics"[^}]*\}/#).map { String($0.0) } ?? page
            }
            try eventually("it reads the good one", of: [worker]) { !worker.entries("kafka.assigned").isEmpty }
            #expect(!worker.isReady)
            for part in ["evnets, ^none-.*", "kafka.topics"] { #expect(check().contains(part), "\(check())") }
            try broker.create("evnets", partitions: 1)
            try broker.create("none-1", partitions: 1)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            try worker.drain()
        }

        @Test("with --until-end a missing topic is exit code 1; otherwise the worker waits for it")
        func noTopic() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let flags = broker.flags(topics: "nowhere", state: "state")
            let ending = try KafkaWorker(flags + ["--until-end"], in: scratch)
            #expect(try ending.program.wait().code == 1)
            let message = ending.entries("run.failed").first?["message"] as? String
            #expect(message?.contains("nowhere") == true, "\(ending.log)")
            let waiting = try KafkaWorker(flags, in: scratch)
            try eventually("it says so", of: [waiting]) {
                waiting.entries("kafka.trouble").contains { ($0["message"] as? String)?.contains("nowhere") == true }
            }
            try waiting.drain()
        }
    }
}
