import Foundation
import Servers
import TestSupport
import Testing

/// The AWS CLI and boto3, clients of other people's making.
extension Emulator {
    /// What the AWS CLI prints.
    @discardableResult
    func cli(_ region: String, _ arguments: String...) throws -> String { try shell(region, "exec aws \"$@\"", arguments) }

    /// What a command line prints in which `aws` and `python` have boto3.
    func shell(_ region: String, _ command: String, _ arguments: [String] = []) throws -> String {
        let bin = try PythonEnvironment.make("awscli", "boto3==1.40.0", "awscli==1.42.0").path
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-o", "pipefail", "-c", command, "bash"] + arguments
        let path = bin + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        let own = ["PATH": path, "AWS_DEFAULT_REGION": region, "AWS_PAGER": "", "AWS_CONFIG_FILE": "/dev/null"]
        shell.environment = ProcessInfo.processInfo.environment.merging(environment(region: region)) { $1 }.merging(own) { $1 }
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = output
        try shell.runBound()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        try #require(shell.terminationStatus == 0, "\(command) \(arguments): \(text)")
        return text
    }
}
