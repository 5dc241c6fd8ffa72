import Foundation
import Servers

/// What botocore makes of the same: the scripts of the folder `oracle`.
enum Oracle {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("oracle")

    /// The lines that a script prints. `programs`: those of a virtual environment with botocore; nil: of the usual one.
    static func lines(_ script: String, _ arguments: String..., programs: URL? = nil) throws -> [Data] {
        let programs = try programs ?? PythonEnvironment.make("botocore", "botocore==1.40.0")
        let path = folder.appendingPathComponent(script).path
        return try Programs.run(programs.appendingPathComponent("python").path, [path] + arguments)
            .split(separator: UInt8(ascii: "\n"))
    }
}
