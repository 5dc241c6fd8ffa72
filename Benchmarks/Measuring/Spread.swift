import Glibc

/// The middle one, and the ends.
public struct Spread: CustomStringConvertible {
    public let median: Double
    public let least: Double
    public let greatest: Double

    public init(_ values: [Double]) {
        let sorted = values.sorted()
        median = sorted[sorted.count / 2]
        least = sorted[0]
        greatest = sorted[sorted.count - 1]
    }

    public var description: String { "\(rounded(median)) (\(rounded(least)) to \(rounded(greatest)))" }
}

/// Three significant digits or so, without locale.
public func rounded(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    if value.magnitude >= 100 { return String(Int(value.rounded())) }
    let scale = value.magnitude >= 10 ? 10.0 : value.magnitude >= 1 ? 100.0 : 1000.0
    return String((value * scale).rounded() / scale)
}

/// What it ran on, and how busy that was.
public func machineLine() -> String {
    let processor =
        readLines("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last.map(String.init) ?? ""
    let load = readLines("/proc/loadavg").first?.split(separator: " ").prefix(3).joined(separator: " ") ?? ""
    return "Machine:\(processor), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors; load averages at the end \(load)."
}

func readLines(_ path: String) -> [String] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
}

/// Where standard error is a terminal.
public func writeProgress(_ text: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let line = "\r\(text)"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
