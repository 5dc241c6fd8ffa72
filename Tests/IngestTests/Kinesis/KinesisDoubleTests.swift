import Foundation
import Servers
import TestSupport
import Testing

@Suite("the Kinesis test double", .waiting(minutes: 5))
struct KinesisDoubleTests {
    @Test("the test double responds as in the service's model, and reshards as documented")
    func model() throws {
        let double = try KinesisDouble()
        let bin = try PythonEnvironment.make("kinesis", "botocore==1.40.76")
        let check = KinesisDouble.home.appendingPathComponent("check.py").path
        let process = try Process.run(bin.appendingPathComponent("python"), arguments: ["-B", check, "\(double.port)"])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
