import Foundation
import Testing

@Suite("The double of Kinesis")
struct KinesisDoubleTests {
    @Test("answers as the service's model has it, and reshards as the service documents it")
    func model() throws {
        let double = try KinesisDouble()
        let bin = try KinesisPython.environment("kinesis", packages: ["botocore==1.40.76"])
        let check = KinesisDouble.home.appendingPathComponent("check.py").path
        try KinesisPython.run(bin.appendingPathComponent("python").path, ["-B", check, "\(double.port)"])
    }
}

/// Virtual environments under `.build`, made once a checkout.
enum KinesisPython {
    private static let making = NSLock()

    /// The directory of the programs of an environment that has `packages`, which are pinned.
    static func environment(_ name: String, packages: [String]) throws -> URL {
        making.lock()
        defer { making.unlock() }
        let checkout = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let home = checkout.appendingPathComponent(".build/venv-\(name)")
        let mark = home.appendingPathComponent(".has-\(packages.joined(separator: "-"))")
        if !FileManager.default.fileExists(atPath: mark.path) {
            try run("/usr/bin/env", ["python3", "-m", "venv", home.path])
            try run(home.appendingPathComponent("bin/pip").path, ["install", "-q", "--disable-pip-version-check"] + packages)
            try Data().write(to: mark)
        }
        return home.appendingPathComponent("bin")
    }

    /// What a program prints.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw KinesisDouble.Failed(description: "\(program) \(arguments) ended with \(process.terminationStatus)")
        }
        return data
    }
}
