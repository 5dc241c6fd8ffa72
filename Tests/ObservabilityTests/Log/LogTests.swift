import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Observability
@testable import Platform

/// Keeps lines, and a clock that the test moves.
private final class Desk: LogSink {
    private let kept = Mutex<[String]>([])
    let now = Mutex<Int64>(1_772_460_000_000)

    func put(_ line: [UInt8]) { kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var lines: [String] { kept.withLock { $0 } }
    var droppedLines: Int { 0 }
    func pass(milliseconds: Int64) { now.withLock { $0 += milliseconds } }

    func log(_ format: LogFormat = .json, level: LogLevel = .info) -> Log {
        Log(level: level, format: format, sink: self, repeatWindowMilliseconds: 1000) { [self] in
            Timestamp(milliseconds: now.withLock { $0 })
        }
    }

    /// The lines as JSON objects.
    func objects() throws -> [[String: Any]] {
        try lines.map { line in
            #expect(line.hasSuffix("\n") && line.filter { $0 == "\n" }.count == 1)
            return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}

@Suite("log lines", .limited)
struct LogTests {
    @Test("a line is a JSON object with time, level, event, message and typed fields")
    func json() throws {
        let desk = Desk()
        desk.log().info(
            "worker.started", "up",
            [
                "partitions": 3, "lag": 0.5, "isMember": true, "group": "a \"b\"\n", "from": .time(Timestamp(milliseconds: 0)),
                "share": .number(.nan),
            ])
        let line = try #require(desk.objects().first)
        #expect(line["time"] as? String == "2026-03-02T14:00:00.000Z")
        #expect(line["level"] as? String == "info")
        #expect(line["event"] as? String == "worker.started")
        #expect(line["message"] as? String == "up")
        let fields = try #require(line["fields"] as? [String: Any])
        #expect(fields["partitions"] as? Int == 3)
        #expect(fields["lag"] as? Double == 0.5)
        #expect(fields["isMember"] as? Bool == true)
        #expect(fields["group"] as? String == "a \"b\"\n")
        #expect(fields["from"] as? String == "1970-01-01T00:00:00.000Z")
        #expect(fields["share"] is NSNull)
    }

    @Test("the text format is one line per entry")
    func text() {
        let desk = Desk()
        desk.log(.text).warning("kafka.broker.down", "gone\naway", ["broker": "b-1:9092", "why": "no route"])
        #expect(
            desk.lines == [
                "2026-03-02T14:00:00.000Z  warning  kafka.broker.down  gone\\u000Aaway  broker=b-1:9092  why=\"no route\"\n"
            ])
    }

    @Test("an entry below the level is not written, and its message is not computed")
    func level() {
        let desk = Desk()
        let log = desk.log(level: .warning)
        var made = 0
        func message() -> String {
            made += 1
            return ""
        }
        log.debug("a", message())
        log.info("b", message())
        #expect(made == 0)
        log.level = .debug
        log.debug("c", message())
        #expect(made == 1 && desk.lines.count == 1)
    }

    @Test("personal data does not appear in fields or messages")
    func redacted() {
        let desk = Desk()
        for format in [LogFormat.json, .text] {
            desk.log(format).info(
                "contact.read", "call of +12065550100 failed",
                ["reason": "jane.doe@example.com is unknown"])
        }
        for line in desk.lines {
            #expect(line.contains("call of [phone] failed"))
            #expect(line.contains("[address] is unknown"))
            #expect(!line.contains("206") && !line.lowercased().contains("jane"))
        }
    }
}

@Suite("repeated errors", .limited)
struct RepeatTests {
    @Test("the first of repeated errors is logged at once, and the others in the window as one count")
    func counted() throws {
        let desk = Desk()
        let log = desk.log()
        for _ in 0..<100 {
            log.error("store.write.failed", "disk full", key: "a")
            desk.pass(milliseconds: 5)
        }
        #expect(desk.lines.count == 1)
        desk.pass(milliseconds: 600)
        log.tick()
        let lines = try desk.objects()
        #expect(lines.count == 2)
        let fields = try #require(lines[1]["fields"] as? [String: Any])
        #expect(fields["repeated"] as? Int == 99)
        #expect(fields["since"] as? String == "2026-03-02T14:00:00.000Z")
        // The time is that of the last one.
        #expect(lines[1]["time"] as? String == "2026-03-02T14:00:00.495Z")
        log.tick()
        #expect(desk.lines.count == 2)
    }

    @Test("an error after the window is logged again, after the count of the repeated ones")
    func nextWindow() throws {
        let desk = Desk()
        let log = desk.log()
        log.error("e", "one")
        log.error("e", "two")
        desk.pass(milliseconds: 1000)
        log.error("e", "three")
        #expect(try desk.objects().map { $0["message"] as? String } == ["one", "two", "three"])
    }

    @Test("errors with other events or keys are logged, and entries of level info always are")
    func distinct() {
        let desk = Desk()
        let log = desk.log()
        log.error("e", "", key: "a")
        log.error("e", "", key: "b")
        log.warning("f", "", key: "a")
        log.info("g", "")
        log.info("g", "")
        #expect(desk.lines.count == 5)
    }

    @Test("the number of keys is bounded: the oldest is removed and its count logged")
    func bounded() throws {
        let desk = Desk()
        let log = desk.log()
        log.error("e", "", key: "first")
        log.error("e", "", key: "first")
        desk.pass(milliseconds: 1)
        for key in 0..<RepeatLedger.keysMax { log.error("e", "", key: "\(key)") }
        #expect(desk.lines.count == 1 + RepeatLedger.keysMax + 1)
        let counted = try desk.objects().compactMap { ($0["fields"] as? [String: Any])?["repeated"] as? Int }
        #expect(counted == [1])
    }

    @Test("counts are logged at the end and when the clock is set back")
    func ends() {
        let desk = Desk()
        let log = desk.log()
        log.error("e", "")
        log.error("e", "")
        log.drain()
        #expect(desk.lines.count == 2)
        log.error("e", "")
        log.error("e", "")
        desk.pass(milliseconds: -3_600_000)
        log.tick()
        #expect(desk.lines.count == 4)
    }

    @Test("the closing line is the last one of the log, after all counts")
    func closes() throws {
        let desk = Desk()
        let log = desk.log()
        for _ in 0..<3 { log.warning("e", "again") }
        log.close(.error, "run.failed", "why", ["records": 7])
        log.info("late", "from a thread that still runs")
        log.warning("late", "")
        log.error("late", "", key: "other")
        log.close(.info, "run.end", "another one")
        log.tick()
        log.drain()
        let objects = try desk.objects()
        #expect(objects.map { $0["event"] as? String } == ["e", "e", "run.failed"])
        #expect((objects[1]["fields"] as? [String: Any])?["repeated"] as? Int == 2)
        #expect((objects[2]["fields"] as? [String: Any])?["records"] as? Int == 7)
    }
}
