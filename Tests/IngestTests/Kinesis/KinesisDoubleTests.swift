import Foundation
import Servers
import TestSupport
import Testing

@Suite("The double of Kinesis", .waiting(minutes: 5))
struct KinesisDoubleTests {
    @Test("answers as the service's model has it, and reshards as the service documents it")
    func model() throws {
        let double = try KinesisDouble()
        let bin = try PythonEnvironment.make("kinesis", "botocore==1.40.76")
        let check = KinesisDouble.home.appendingPathComponent("check.py").path
        let process = try Process.run(bin.appendingPathComponent("python"), arguments: ["-B", check, "\(double.port)"])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
