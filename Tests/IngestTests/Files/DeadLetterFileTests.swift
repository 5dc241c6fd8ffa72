import EngineCore
import Glibc
import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("the dead-letter file", .limited)
struct DeadLetterFileTests {
    private let directory = TemporaryDirectory()
    private var path: String { "\(directory.path)/dead-letters.jsonl" }

    private func letter(_ text: StaticString, arrival: Timestamp? = nil, detail: String = "it \"broke\"") -> DeadLetter {
        DeadLetter(
            reason: "not-json", detail: detail, partition: Partition(source: "file", stream: "/a b/c.jsonl"), position: "12/3",
            arrival: arrival, bytes: text.view)
    }

    @Test("the file contains one dead letter per line in the capture format")
    func form() throws {
        let file = DeadLetterFile(path: path)
        try file.append(letter("{\"a\"", arrival: Timestamp("2026-01-02T03:04:05.678Z")))
        try file.append(letter(""))
        try file.makeDurable()
        #expect(
            directory.read("dead-letters.jsonl") == #"""
                {"arrival":"2026-01-02T03:04:05.678Z","capture":1,"data":"eyJhIg==","detail":"it \"broke\"","partition":"",\#
                "position":"12/3","reason":"not-json","source":"file","stream":"/a b/c.jsonl"}
                {"arrival":null,"capture":1,"data":"","detail":"it \"broke\"","partition":"",\#
                "position":"12/3","reason":"not-json","source":"file","stream":"/a b/c.jsonl"}

                """#)
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("the file is created with the first dead letter")
    func lazy() throws {
        let file = DeadLetterFile(path: path)
        try file.makeDurable()
        #expect(access(path, F_OK) != 0)
    }

    @Test(
        "an existing file is appended to, after a line break if a crash left an incomplete line",
        arguments: ["", "whole\n", "half"])
    func reopening(_ before: String) throws {
        directory.write("dead-letters.jsonl", before)
        for _ in 0..<2 {
            let file = DeadLetterFile(path: path)
            try file.append(letter("x"))
            try file.makeDurable()
        }
        let lines = directory.read("dead-letters.jsonl").split(separator: "\n")
        #expect(lines.count == (before.isEmpty ? 2 : 3))
        #expect(lines.suffix(2).allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        if !before.isEmpty { #expect(lines[0] == before.prefix { $0 != "\n" }) }
    }

    @Test("dead letters of several threads, larger than the buffer, are all written")
    func threads() throws {
        let file = DeadLetterFile(path: path)
        let detail = String(repeating: "d", count: 1000)
        let threads = (0..<4).map { _ in
            SystemThread {
                for _ in 0..<1000 {
                    try? file.append(
                        DeadLetter(
                            reason: "skew", detail: detail, partition: Partition(source: "file", stream: "s"), position: "1",
                            arrival: nil, bytes: StaticString("{}").view))
                }
            }
        }
        for thread in threads { thread?.join() }
        try file.makeDurable()
        let source = try FileSource(paths: [path])
        let (told, error) = source.readAll()
        #expect(error == nil)
        #expect(told.count == 4000)
        #expect(told.allSatisfy { $0.text == told[0].text })
    }

    @Test("a failure contains the path and the reason, and is permanent")
    func failure() {
        let file = DeadLetterFile(path: "\(directory.path)/no/dead-letters.jsonl")
        let expected = DeadLetterFileError(
            path: "\(directory.path)/no/dead-letters.jsonl", action: "open", reason: "No such file or directory")
        #expect(throws: expected) { try file.append(letter("x")) }
        mkdir("\(directory.path)/no", 0o755)
        #expect(throws: expected) { try file.append(letter("x")) }
        #expect(throws: expected) { try file.makeDurable() }
    }

    @Test(
        "a path that cannot be written is reported before the first dead letter, and nothing is created",
        arguments: [
            ("no/letters", "No such file or directory"), ("file/letters", "Not a directory"), ("directory", "Is a directory"),
            ("letters", nil), ("file", nil),
        ])
    func probe(name: String, reason: String?) throws {
        directory.write("file", "")
        directory.write("directory/inside", "")
        let letters = DeadLetterFile(path: "\(directory.path)/\(name)")
        if let reason {
            let expected = DeadLetterFileError(path: letters.path, action: "open", reason: reason)
            #expect(throws: expected) { try letters.probe() }
        } else {
            try letters.probe()
        }
        #expect(access("\(directory.path)/letters", F_OK) != 0)
        // Where permissions say that it could be made, and it cannot.
        #expect(throws: DeadLetterFileError.self) { try DeadLetterFile(path: "/proc/letters").probe() }
    }

    @Test(
        "a full disk is an error, and no dead letter is lost", .enabled(if: access("/dev/full", W_OK) == 0, "needs /dev/full"))
    func fullDisk() throws {
        symlink("/dev/full", path)
        let file = DeadLetterFile(path: path)
        #expect(throws: DeadLetterFileError.self) {
            try file.append(letter("x"))
            try file.makeDurable()
        }
    }
}
