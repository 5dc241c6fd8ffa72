import Foundation

/// Virtual environments under `.build` with packages, pinned, that are made once a checkout: by nobody else, as two that make one
/// at the same time spoil it for each other.
public enum PythonEnvironment {
    public struct Failed: Error, CustomStringConvertible { public let description: String }

    private static let all = NSLock()
    /// By name. Under `all`.
    nonisolated(unsafe) private static var making: [String: NSLock] = [:]

    /// The directory of the environment's programs. Concurrent callers of one wait for each other, and nobody for the packages of another one:
    /// those take minutes to come.
    public static func make(_ name: String, _ packages: String...) throws -> URL {
        let lock = all.withLock {
            let lock = making[name] ?? NSLock()
            making[name] = lock
            return lock
        }
        lock.lock()
        defer { lock.unlock() }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized
        let home = root.appendingPathComponent(".build/venv-\(name)")
        let bin = home.appendingPathComponent("bin")
        let mark = home.appendingPathComponent(".has-" + packages.joined(separator: "-"))
        if !FileManager.default.fileExists(atPath: mark.path) {
            try Programs.run("/usr/bin/env", ["python3", "-m", "venv", home.path])
            try Programs.run(
                bin.appendingPathComponent("pip").path, ["install", "-q", "--disable-pip-version-check"] + packages)
            try Data().write(to: mark)
        }
        return bin
    }
}
