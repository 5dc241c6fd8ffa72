import Bytes
import JSON

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One run of a program: what it printed, and what the kernel says that it used.
struct Run {
    var output: [UInt8]
    var wallSeconds: Double
    var cpuSeconds: Double
    var peakMemoryBytes: Int

    /// Runs a program to its end. Throws when it cannot be started or fails.
    init(_ arguments: [String]) throws {
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw BenchmarkError("pipe: \(String(cString: strerror(errno)))") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        posix_spawn_file_actions_addclose(&actions, pipes[1])
        let program = arguments[0]
        var arguments: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let start = ContinuousClock.now
        let failed = posix_spawn(&process, program, &actions, nil, &arguments, environ)
        close(pipes[1])
        defer { close(pipes[0]) }
        guard failed == 0 else {
            throw BenchmarkError("cannot start \(program): \(String(cString: strerror(failed)))")
        }
        output = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(pipes[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            output += buffer[..<count]
        }
        var status: Int32 = 0
        var usage = rusage()
        wait4(process, &status, 0, &usage)
        guard status == 0 else { throw BenchmarkError("a run failed with status \(status)") }
        let wall = ContinuousClock.now - start
        wallSeconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18
        cpuSeconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
            * 1e-6
        peakMemoryBytes = usage.ru_maxrss * 1024
    }

    /// A number of the JSON object that the program printed; an object's numbers are added up.
    func number(_ name: String) -> Double {
        let parser = JSONParser()
        return output.withUnsafeBytes { bytes in
            guard let document = try? parser.parse(bytes) else { return .nan }
            defer { withExtendedLifetime(parser) {} }
            for (key, value) in document.root.members where key.text == name {
                if value.isObject { return value.members.reduce(0) { $0 + (Double($1.value.bytes.text) ?? .nan) } }
                return Double(value.bytes.text) ?? .nan
            }
            return .nan
        }
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The middle one, and the ends.
struct Spread: CustomStringConvertible {
    let median: Double
    let least: Double
    let greatest: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        median = sorted[sorted.count / 2]
        least = sorted[0]
        greatest = sorted[sorted.count - 1]
    }

    var description: String { "\(rounded(median)) (\(rounded(least)) to \(rounded(greatest)))" }
}

/// Three significant digits or so, without locale.
func rounded(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    if value.magnitude >= 100 { return String(Int(value.rounded())) }
    let scale = value.magnitude >= 10 ? 10.0 : value.magnitude >= 1 ? 100.0 : 1000.0
    return String((value * scale).rounded() / scale)
}
