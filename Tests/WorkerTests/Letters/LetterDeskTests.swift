import API
import ContactCenter
import EngineCore
import Foundation
import Ingest
import Observability
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite("dead letters that lie in a file", .limited)
struct LetterDeskTests {
    private final class Sink: LogSink {
        var droppedLines: Int { 0 }
        func put(_ line: [UInt8]) {}
    }

    /// What was put, and when to fail.
    private final class Stream: Sendable {
        let put = Mutex<[String]>([])
        let failing = Mutex<Set<String>>([])

        func take(_ record: [UInt8], _ letter: Letter) throws {
            let text = String(decoding: record, as: UTF8.self)
            if failing.withLock({ $0.contains(text) }) { throw RedriveError("no") }
            put.withLock { $0.append(text) }
        }
    }

    private let scratch = NSTemporaryDirectory() + "converge-letters-\(UUID().uuidString)"
    private let stream = Stream()
    private var path: String { scratch + "/letters.jsonl" }
    private static let hour = Timestamp("2026-03-05T14:00:00Z")!

    init() throws { try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true) }

    private func made(canPut: Bool = true) -> LetterDesk {
        let stream = stream
        let put: LetterDesk.Put = { try stream.take($0, $1) }
        return LetterDesk(
            path: path, decoder: DecoderOptions(), Log(level: .error, format: .json, sink: Sink()),
            clock: { Timestamp(milliseconds: LetterDeskTests.hour.milliseconds + 9) }, put: canPut ? put : nil)
    }

    private func write(_ texts: [String], reason: String = "not-json", minute: Int64? = 0) throws {
        let file = DeadLetterFile(path: path)
        for (number, text) in texts.enumerated() {
            try text.utf8.withContiguousStorageIfAvailable { bytes in
                try file.append(
                    DeadLetter(
                        reason: reason, detail: "d", partition: Partition(source: "kinesis", stream: "s", name: "0"),
                        position: "\(number)",
                        arrival: minute.map { Timestamp(milliseconds: LetterDeskTests.hour.milliseconds + $0 * 60_000) },
                        bytes: ByteView(UnsafeRawBufferPointer(bytes))))
            }
        }
        try file.makeDurable()
    }

    @Test(
        "pages have the newest first, each letter once, whatever is appended between two; filters are those of a look at every letter"
    )
    func pages() throws {
        let desk = made()
        #expect(try desk.page(LetterQuery()).letters.isEmpty, "a file that is not there has no letters")
        try write((0..<25).map { "a\($0)" })
        try write((0..<25).map { "b\($0)" }, reason: "no-stamp", minute: 30)
        try write(["c"], reason: "no-stamp", minute: nil)
        var seen: [Letter] = []
        var cursor: String?
        repeat {
            let page = try desk.page(LetterQuery(limit: 7, cursor: cursor))
            seen += page.letters
            cursor = page.next
            #expect(page.reasons["no-stamp"] == 26)
            if seen.count == 14 { try write(["late"]) }
        } while cursor != nil
        #expect(seen.count == 51 && Set(seen.map(\.id)).count == 51)
        #expect(seen.first?.arrival == nil && seen.last?.reason == "not-json" && seen.last?.position == "0")
        let late = try desk.page(LetterQuery(since: Timestamp(milliseconds: Self.hour.milliseconds + 60_000)))
        #expect(late.count == 25 && late.open == 25)
        #expect(try desk.page(LetterQuery(reason: "no-stamp", before: Self.hour)).count == 0)
        #expect(throws: FailoverProblem.self) { try desk.page(LetterQuery(cursor: "x")) }
    }

    @Test("a line that was cut off, garbage and lines of megabytes hide no letter beside them")
    func damaged() throws {
        try write(["one"])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"capture\":1,\"da".utf8))
        try handle.write(contentsOf: Data("\nnot json\n{}\n[1]\n\n".utf8))
        try handle.close()
        try write([String(repeating: "x", count: 3 << 20), "two"])
        let desk = made()
        let page = try desk.page(LetterQuery())
        #expect(page.letters.map(\.bytes) == [3, 3 << 20, 3] && !page.isCut && !page.isPartial)
        let found = try #require(try desk.letter(page.letters[2].id))
        #expect(String(decoding: found.bytes, as: UTF8.self) == "one")
        #expect(try desk.letter("0-00000000") == nil)
    }

    @Test("a file that was moved away, cut or replaced is read anew, and a letter of the old one is not there")
    func replaced() throws {
        try write(["one", "two"])
        let desk = made()
        let old = try desk.page(LetterQuery()).letters
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        #expect(try desk.page(LetterQuery()).letters.isEmpty)
        try write(["three", "four"])
        #expect(try desk.page(LetterQuery()).letters.count == 2)
        #expect(try old.allSatisfy { try desk.letter($0.id) == nil })
        #expect(truncate(path, 0) == 0)
        #expect(try desk.page(LetterQuery()).letters.isEmpty)
        try write(["five"])
        #expect(try desk.page(LetterQuery()).letters.count == 1)
        // Another one in its place that is longer, before anybody looked.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".2")
        try write(["six", "seven", "eight"])
        #expect(try desk.page(LetterQuery()).letters.count == 3)
    }

    @Test(
        "what is redriven is in the stream as it was and is marked with who and when, also for the next process; it is not taken twice"
    )
    func redrives() throws {
        try write(["one", "two", "three"])
        stream.failing.withLock { $0 = ["two"] }
        let first = made()
        let outcome = try first.redrive(.open(LetterQuery()), count: 3, by: "ann", why: "w")
        #expect(outcome.redriven.count == 2 && outcome.failed.map(\.why) == ["no"])
        #expect(stream.put.withLock { $0 } == ["one", "three"])
        stream.failing.withLock { $0 = [] }
        let second = made()
        let page = try second.page(LetterQuery())
        #expect(page.open == 1 && page.count == 3)
        #expect(page.letters.map { $0.redriven?.by } == ["ann", nil, "ann"])
        #expect(throws: FailoverProblem.self) { try second.redrive(.open(LetterQuery()), count: 3, by: "ann", why: "w") }
        #expect(stream.put.withLock { $0.count } == 2, "another number than the person saw: nothing is put")
        #expect(try second.redrive(.open(LetterQuery()), count: 1, by: "bob", why: "w").redriven.count == 1)
        // By its id a letter is redriven again: the join takes it twice.
        #expect(try second.redrive(.ids([page.letters[0].id]), count: 1, by: "bob", why: "w").redriven.count == 1)
        #expect(stream.put.withLock { $0 } == ["one", "three", "two", "three"])
        #expect(throws: FailoverProblem.self) { try second.redrive(.ids(["0-00000000"]), count: 1, by: "bob", why: "w") }
        #expect(throws: FailoverProblem.self) {
            try made(canPut: false).redrive(.open(LetterQuery()), count: 0, by: "b", why: "w")
        }
    }

    @Test("more than a thousand letters at a time are refused; what is beyond 8 MiB is told and stays open")
    func bounds() throws {
        try write((0..<1_001).map { "a\($0)" })
        #expect(throws: FailoverProblem.self) { try made().redrive(.open(LetterQuery()), count: 1_001, by: "b", why: "w") }
        #expect(stream.put.withLock { $0.isEmpty })
        try FileManager.default.removeItem(atPath: path)
        try write((0..<10).map { _ in String(repeating: "x", count: 1 << 20) })
        let desk = made()
        let outcome = try desk.redrive(.open(LetterQuery()), count: 10, by: "b", why: "w")
        #expect(outcome.redriven.count == 8 && outcome.failed.count == 2)
        #expect(try desk.page(LetterQuery()).open == 2)
    }

    @Test("it is said what would become of a letter, were it read now")
    func prospect() throws {
        let desk = made()
        #expect(desk.prospect(of: Array("nonsense".utf8)).hasPrefix("it would become a dead letter again: not-json"))
        let event =
            #"{"specversion":"1.0","id":"e","source":"/t","type":"converge.session.v1","subject":"a/1","time":"2026-03-05T14:00:00Z","data":{"x":1}}"#
        #expect(desk.prospect(of: Array(event.utf8)) == "it would be merged: 1 events")
    }
}
