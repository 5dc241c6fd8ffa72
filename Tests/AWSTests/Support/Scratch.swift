import Foundation

@testable import Platform

/// A directory of a test's own, gone with the last reference.
final class Scratch {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("converge-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The path of a file with these contents.
    func file(_ name: String, _ text: String) throws -> String {
        let file = directory.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// An environment with these files and nothing else of the machine's.
    func environment(
        config: String = "", credentials: String = "", _ variables: [String: String] = [:]
    ) throws -> Environment {
        var table = variables
        table["HOME"] = directory.path
        table["AWS_CONFIG_FILE"] = try file("config", config)
        table["AWS_SHARED_CREDENTIALS_FILE"] = try file("credentials", credentials)
        table["AWS_EC2_METADATA_DISABLED"] = table["AWS_EC2_METADATA_DISABLED"] ?? "true"
        return Environment(table)
    }
}
