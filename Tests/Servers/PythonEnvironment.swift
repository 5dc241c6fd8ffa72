import Foundation

/// Virtual environments under `.build` with packages, pinned, that are made once a checkout: by nobody else, as two that make one
/// at the same time spoil it for each other.
public enum PythonEnvironment {
    public struct Failed: Error, CustomStringConvertible { public let description: String }

    private static let making = NSLock()

    /// The directory of the environment's programs. Concurrent callers wait for each other.
    public static func make(_ name: String, _ packages: String...) throws -> URL {
        making.lock()
        defer { making.unlock() }
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
