import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Observability
@testable import Platform

@Suite("log files", .waiting(minutes: 5))
struct LogFileTests {
    private final class Directory {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("converge-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func text(_ name: String) -> String { (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? "" }
    }

    @Test("lines are appended in order to a file that only its owner can read")
    func appends() throws {
        let directory = try Directory()
        for round in 0..<2 {
            let file = try LogFile(path: directory.path + "/a.log", format: .json)
            for line in 0..<500 { file.put(Array("\(round) \(line)\n".utf8)) }
            file.end(withinMilliseconds: 5000)
            file.put(Array("late\n".utf8))
            #expect(file.droppedLines == 1)
        }
        let wanted = (0..<2).flatMap { round in (0..<500).map { "\(round) \($0)\n" } }.joined()
        #expect(directory.text("a.log") == wanted)
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/a.log")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("a file that was moved away is reopened on request, and earlier lines stay in the old file")
    func reopens() throws {
        let directory = try Directory()
        let path = directory.path + "/a.log"
        let file = try LogFile(path: path, format: .json)
        file.put(Array("one\n".utf8))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        file.reopen()
        try eventually("it is opened anew") { FileManager.default.fileExists(atPath: path) }
        file.put(Array("two\n".utf8))
        file.end(withinMilliseconds: 5000)
        #expect(directory.text("a.log.1") == "one\n")
        #expect(directory.text("a.log") == "two\n")
    }

    @Test("the error for a path that cannot be opened contains the path")
    func unopened() {
        let error = #expect(throws: FileError.self) { try LogFile(path: "/nowhere/a.log", format: .json) }
        #expect(error?.description.contains("/nowhere/a.log: No such file") == true)
    }

    @Test("if the other end of the pipe does not read, logging does not block: lines are dropped, counted and reported")
    func bounded() throws {
        let directory = try Directory()
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let file = try LogFile(path: path, format: .json, bytesMax: 10_000)
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        for _ in 0..<500 { file.put(line) }
        #expect(file.droppedLines > 300)
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        try eventually("what was dropped is told") {
            let count = read(reader, &buffer, buffer.count)
            if count > 0 { text += String(decoding: buffer[..<count], as: UTF8.self) }
            return text.contains("log.dropped")
        }
        file.end(withinMilliseconds: 0)
        #expect(text.contains("\"fields\":{\"lines\":"))
    }

    @Test(
        "a full disk is reported once on standard error, dropped lines are counted, and the end of the problem is reported there and in the log"
    )
    func fullDisk() throws {
        let directory = try Directory()
        let path = directory.path + "/a.log"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        let alarms = Mutex<[String]>([])
        let file = try LogFile(path: path, format: .json) { text in alarms.withLock { $0.append(text) } }
        #expect(file.isWriting)
        for line in 0..<20 { file.put(Array("lost \(line)\n".utf8)) }
        try eventually("all are dropped, not \(file.droppedLines)") { file.droppedLines == 20 }
        #expect(!file.isWriting)
        #expect(
            alarms.withLock { $0 } == [
                "converge: cannot write the log \(path): No space left on device; "
                    + "lines are dropped and counted until it is writable again\n"
            ])
        try FileManager.default.removeItem(atPath: path)
        file.reopen()
        try eventually("it is opened anew") { FileManager.default.fileExists(atPath: path) }
        file.put(Array("kept\n".utf8))
        file.put(Array("kept too\n".utf8))
        try eventually("it is written again") { file.isWriting }
        file.end(withinMilliseconds: 5000)
        #expect(file.droppedLines == 20)
        #expect(
            alarms.withLock { $0 }.dropFirst() == [
                "converge: the log \(path) is writable again; 20 lines are missing\n"
            ])
        let lines = directory.text("a.log").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.contains("\"event\":\"log.dropped\"") == true)
        #expect(lines.first?.contains("\"lines\":20") == true)
        #expect(lines.dropFirst() == ["kept", "kept too"])
    }

    @Test("closing the log does not wait if the other end of the pipe does not read")
    func endIsBounded() throws {
        let directory = try Directory()
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let file = try LogFile(path: path, format: .json)
        for _ in 0..<900 { file.put(Array((String(repeating: "x", count: 999) + "\n").utf8)) }
        #expect(!file.isWriting, "more than half of what may wait waits")
        // A test has no time to wait for a reader that reads nothing.
        file.end(withinMilliseconds: 20)
        #expect(file.droppedLines > 0)
    }
}
