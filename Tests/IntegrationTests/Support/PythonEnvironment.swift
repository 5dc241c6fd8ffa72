import Foundation

/// A virtual environment under `.build` with a package, pinned, that is made once a checkout.
enum PythonEnvironment {
    struct Failed: Error, CustomStringConvertible { let description: String }

    /// Of Schemathesis, which holds answers against an OpenAPI document: its interpreter.
    static let schemathesis = Result { try make("schemathesis", package: "schemathesis==4.32.5") }

    private static func make(_ name: String, package: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..").standardized
        let home = root.appendingPathComponent(".build/venv-\(name)")
        let mark = home.appendingPathComponent(".has-\(package)")
        if !FileManager.default.fileExists(atPath: mark.path) {
            try run("/usr/bin/env", ["python3", "-m", "venv", home.path])
            try run(home.appendingPathComponent("bin/pip").path, ["install", "-q", "--disable-pip-version-check", package])
            try Data().write(to: mark)
        }
        return home.appendingPathComponent("bin/python").path
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = try Process.run(URL(fileURLWithPath: program), arguments: arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(description: "\(program) \(arguments) failed") }
    }
}
