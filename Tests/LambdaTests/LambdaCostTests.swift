import Foundation
import Servers
import TestSupport
import Testing

@testable import Lambda

/// `make bench-lambda`: what the zip takes of time. CONVERGE_MEASURED_LAMBDA: the folder `.build/lambda`.
private let measured = ProcessInfo.processInfo.environment["CONVERGE_MEASURED_LAMBDA"]

extension LambdaProcessTests {
    @Test("the function's own time, beside the tables', and its start", .enabled(if: measured != nil))
    func cost() throws {
        let folder = try #require(measured)
        try makeTables()
        let environment = environment.merging(["LD_LIBRARY_PATH": "\(folder)/stage/lib"]) { $1 }
        var starts: [Double] = []
        for _ in 0..<10 {
            let begun = Date().timeIntervalSince1970
            let function = try RunningFunction(environment, path: "\(folder)/stage/bootstrap")
            try eventually("it asks for an invocation; the log: \(function.log)") { try function.runtime.asked() != nil }
            starts.append(((try function.runtime.asked() ?? 0) - begun) * 1000)
        }
        let function = try RunningFunction(environment, path: "\(folder)/stage/bootstrap")
        let event = String(decoding: try FlowWorld.event(phone: "+442079460018"), as: UTF8.self)
        let count = 2_000
        for number in 0..<count { try function.runtime.invoke("m-\(number)", event, remaining: 3_000_000) }
        try eventually("all are answered") { try function.runtime.answers().count == count }
        #expect(try function.runtime.answers().allSatisfy { $0.body.contains(#""customerId":"cust-6001""#) })
        var own: [Double] = []
        var outside: [Double] = []
        for line in function.log.split(separator: "\n") where line.contains("flow.answered") {
            let root = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let (whole, tables) = (root["milliseconds"] as? Double ?? 0, root["outsideMilliseconds"] as? Double ?? 0)
            own.append(whole - tables)
            outside.append(tables)
        }
        try #require(own.count == count)
        print(
            "lambda: of \(count) invocations, four rounds of reads each, in milliseconds: own \(Self.told(own)); tables of the emulator \(Self.told(outside))"
        )
        print(
            "lambda: from the start of the process to the first request for an invocation, tables reached, in milliseconds: \(Self.told(starts))"
        )
    }

    @Test("the zip answers in the emulator's AWS Lambda", .enabled(if: measured != nil))
    func emulated() throws {
        let folder = try #require(measured)
        try makeTables()
        let lines = try [FlowWorld.event(phone: "+442079460018"), Array("{}".utf8)].map { String(decoding: $0, as: UTF8.self) }
        let variables = environment.filter { $0.key.hasPrefix("CONVERGE_") || $0.key == "AWS_ENDPOINT_URL" }
        let answers = try Script.objects(
            "lambda_zip.py", ["\(folder)/converge-lambda.zip"] + variables.map { "\($0.key)=\($0.value)" },
            emulator.environment(), input: lines.joined(separator: "\n"))
        try #require(answers.count == 2)
        #expect(answers.allSatisfy { $0["error"] is NSNull })
        // The emulator writes JSON in its own way.
        let told = try answers.map { answer in
            try JSONSerialization.jsonObject(with: Data((answer["answer"] as? String ?? "").utf8)) as? [String: String] ?? [:]
        }
        #expect(told[0]["customerId"] == "cust-6001", "\(answers)")
        #expect(told[1]["reason"] == "malformed", "\(answers)")
    }

    private static func told(_ figures: [Double]) -> String {
        let sorted = figures.sorted()
        func at(_ share: Double) -> String {
            String(format: "%.2f", sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
        }
        return "p50 \(at(0.5)), p99 \(at(0.99)), most \(at(1))"
    }
}
