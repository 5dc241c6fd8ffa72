import Glibc
import JSON
import Platform

/// A program that was started: its output is read when it is waited for, so that it has to fit a pipe or end while it is waited for.
public struct Started {
    public let process: pid_t
    private let output: Int32
    private let start: ContinuousClock.Instant
    private let program: String

    /// `errors`: a file that takes its standard error; else it goes where that of this program goes. Throws when it cannot be started.
    public init(_ arguments: [String], errors: String? = nil) throws {
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw BenchmarkError("pipe: \(String(cString: strerror(errno)))") }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        program = arguments[0]
        var arguments: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        start = ContinuousClock.now
        let failed = posix_spawn(&process, program, &actions, nil, &arguments, environ)
        close(pipes[1])
        guard failed == 0 else {
            close(pipes[0])
            throw BenchmarkError("cannot start \(program): \(String(cString: strerror(failed)))")
        }
        self.process = process
        output = pipes[0]
    }

    /// The first line that it prints; it has to be waited for all the same.
    public func firstLine() throws -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        throw BenchmarkError("\(program) ended without a word")
    }

    /// CPU time that it used so far, to a hundredth of a second.
    public var cpuSeconds: Double {
        let fields = readLines("/proc/\(process)/stat").first?.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Ends it at once; it still has to be waited for.
    public func end() { kill(process, SIGKILL) }

    /// Throws when it failed.
    public func wait() throws -> Run {
        defer { close(output) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            text += buffer[..<count]
        }
        var status: Int32 = 0
        var usage = rusage()
        wait4(process, &status, 0, &usage)
        guard status == 0 else { throw BenchmarkError("\(program) failed with status \(status)") }
        return Run(output: text, wallSeconds: (ContinuousClock.now - start).inSeconds, usage: usage)
    }
}

/// One run of a program: what it printed, and what the kernel says that it used.
public struct Run {
    public var output: [UInt8]
    public var wallSeconds: Double
    public var cpuSeconds: Double
    /// No less than that of the program that started it, which the kernel counts in.
    public var peakMemoryBytes: Int

    /// Runs a program to its end. Throws when it cannot be started or fails.
    public init(_ arguments: [String], errors: String? = nil) throws {
        self = try Started(arguments, errors: errors).wait()
    }

    fileprivate init(output: [UInt8], wallSeconds: Double, usage: rusage) {
        self.output = output
        self.wallSeconds = wallSeconds
        cpuSeconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
            * 1e-6
        peakMemoryBytes = usage.ru_maxrss * 1024
    }

    /// A number of the JSON object that the program printed; an object's numbers are added up.
    public func number(_ name: String) -> Double { Measuring.number(name, in: output) }
}

/// The member `fields` of a JSON object, as text.
public func fields(in json: [UInt8]) -> [UInt8] {
    let parser = JSONParser()
    return json.withUnsafeBytes { bytes in
        guard let document = try? parser.parse(bytes) else { return [] }
        defer { withExtendedLifetime(parser) {} }
        for (key, value) in document.root.members where key.text == "fields" { return Array(value.bytes.text.utf8) }
        return []
    }
}

/// A number of a JSON object; an object's numbers are added up. Not a number where there is none.
public func number(_ name: String, in json: [UInt8]) -> Double {
    let parser = JSONParser()
    return json.withUnsafeBytes { bytes in
        guard let document = try? parser.parse(bytes) else { return .nan }
        defer { withExtendedLifetime(parser) {} }
        for (key, value) in document.root.members where key.text == name {
            if value.isObject { return value.members.reduce(0) { $0 + (Double($1.value.bytes.text) ?? .nan) } }
            return Double(value.bytes.text) ?? .nan
        }
        return .nan
    }
}

public struct BenchmarkError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension Duration {
    public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
