import Foundation
import Testing

extension ProgramTests {
    @Suite("output")
    struct OutputTests {
        private let scratch: Scratch
        private let whole: String

        init() throws {
            scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().jsonLines)
            whole = try scratch.digest(ofCaptures: "a.jsonl")
        }

        @Test("--output to a pipe or device writes to it and does not replace it")
        func special() throws {
            // A state that a pipe holds whole, and an end that never waits.
            try scratch.write("few.jsonl", Captures.small.get().prefix(8).jsonLines)
            let path = scratch.path("pipe")
            #expect(mkfifo(path, 0o600) == 0)
            let pipe = open(path, O_RDWR | O_NONBLOCK)
            defer { close(pipe) }
            let ended = try scratch.converge("replay", "few.jsonl", "--memory", "--output", "pipe")
            #expect(ended.code == 0)
            var state = [UInt8](repeating: 0, count: 1 << 17)
            let count = read(pipe, &state, state.count)
            #expect(count > 0 && sha256(Data(state.prefix(max(count, 0)))) == ended.digest)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
            #expect(!scratch.exists("pipe.partial"))
        }

        @Test("--output to a symbolic link replaces its target")
        func link() throws {
            try scratch.write("real", "old")
            symlink("real", scratch.path("link"))
            #expect(try scratch.converge("replay", "a.jsonl", "--memory", "--output", "link").code == 0)
            #expect(try sha256(scratch.read("real")) == whole)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("link")) == "real")
        }

        @Test(
            "an --output file that cannot be created is refused before anything is read", arguments: ["no/where", "directory"])
        func early(path: String) throws {
            try FileManager.default.createDirectory(atPath: scratch.path("directory"), withIntermediateDirectories: false)
            let ended = try scratch.converge("replay", "a.jsonl", "--state", "s", "--output", path)
            #expect(ended.code == 1)
            #expect(ended.errors.contains(path))
            #expect(try scratch.converge("show", "agent", "--state", "s").output.isEmpty)
            #expect(!scratch.exists("directory.partial"))
        }

        @Test(
            "a command ends silently when the other end of its output pipe is closed",
            arguments: [["replay", "a.jsonl", "--memory"], ["join", "o"]])
        func goneReader(command: [String]) throws {
            #expect(try scratch.converge("replay", "a.jsonl", "--memory", "--output", "o").code == 0)
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let ended = try Program(command + ["--output", "-"], in: scratch, output: pipe.fileHandleForWriting).wait()
            #expect(ended.code == 1)
            #expect(!ended.wasKilled)
            #expect(ended.errors.isEmpty, "\(ended.errors)")
        }

        @Test("progress is shown only on a terminal, and removed at the end")
        func progress() throws {
            var master: Int32 = -1
            var slave: Int32 = -1
            #expect(openpty(&master, &slave, nil, nil, nil) == 0)
            let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
            let program = try Program(["verify", "a.jsonl", "--rounds", "60"], in: scratch, errors: terminal)
            close(slave)
            var told: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 4096)
            while case let count = read(master, &bytes, bytes.count), count > 0 { told += bytes[..<count] }
            close(master)
            let ended = try program.wait()
            #expect(ended.text == "3,000 records, 60 rounds, one digest  \(whole)\n")
            let text = String(decoding: told, as: UTF8.self)
            #expect(text.contains("verify ["))
            #expect(text.hasSuffix("\r\u{1B}[K"))
            #expect(!text.hasSuffix("\r\u{1B}[K\r\u{1B}[K"))
            #expect(try scratch.converge("verify", "a.jsonl", "--rounds", "60").errors.isEmpty)
        }

        @Test("only the owner can read written files, even in a directory open to others")
        func permissions() throws {
            try FileManager.default.createDirectory(atPath: scratch.path("s"), withIntermediateDirectories: false)
            chmod(scratch.path("s"), 0o755)
            try scratch.write("bad.jsonl", "nonsense\n")
            #expect(try scratch.converge("replay", "a.jsonl", "bad.jsonl", "--state", "s", "--output", "o").code == 0)
            for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path("s")).map({ "s/" + $0 }) + ["o"] {
                var status = stat()
                #expect(stat(scratch.path(name), &status) == 0 && status.st_mode & 0o077 == 0, "\(name)")
            }
        }
    }
}
