import AWS
import EngineCore
import Foundation
import JSON
import Servers
import Storage
import TestSupport
import Testing

@testable import Lambda
@testable import Platform

/// The executable of the zip, as AWS Lambda would run it, over tables of an emulator.
final class RunningFunction {
    static let path =
        (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("converge-lambda").path

    let runtime: RuntimeDouble
    private let process = Process()
    private let errors = NSTemporaryDirectory() + "converge-lambda-\(UUID().uuidString)"

    init(_ environment: [String: String], path: String = RunningFunction.path) throws {
        runtime = try RuntimeDouble()
        process.executableURL = URL(fileURLWithPath: path)
        process.environment = environment.merging(["AWS_LAMBDA_RUNTIME_API": runtime.address]) { $1 }
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.runBound()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: errors)
    }

    var log: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
    var isRunning: Bool { process.isRunning }
    /// Once it has ended.
    var code: Int32 { process.terminationStatus }

    /// The answer to one invocation.
    func ask(_ id: String, _ event: [UInt8], remaining: Int? = 8_000) throws -> RuntimeDouble.Answer {
        try runtime.invoke(id, String(decoding: event, as: UTF8.self), remaining: remaining)
        var found: RuntimeDouble.Answer?
        try eventually("\(id) is answered; the log: \(log)") {
            found = try runtime.answers().first { $0.id == id }
            return found != nil
        }
        return try #require(found)
    }
}

@Suite("the function's own process", .waiting(minutes: 5))
struct LambdaProcessTests {
    /// Of all tests here.
    private static let emulator = Result { try Emulator() }

    let emulator: Emulator
    private let prefix = "lambda-\(UInt32.random(in: .min ... .max))"
    let environment: [String: String]

    init() throws {
        emulator = try Self.emulator.get()
        environment = emulator.environment().merging([
            "CONVERGE_STORE_PREFIX": prefix, "CONVERGE_ALIAS_KEY_FILE": FlowWorld.folder + "/alias.key",
            "CONVERGE_ALIAS_COUNTRY": "44", "CONVERGE_LAMBDA_DEADLINE": "5s",
        ]) { $1 }
    }

    func makeTables() throws {
        let session = try AWSSession(Environment(emulator.environment()))
        let tables = try #require(DynamoDBTables(prefix: prefix, regions: ["us-east-1"]))
        _ = try TablesControl(tables, session: session).carryOut(.create) { _ in }
        let store = try DynamoDBStore(session, prefix: prefix)
        try store.write(Flush(rows: [try FlowWorld.rows()], checkpoints: []))
    }

    private static func texts(_ answer: RuntimeDouble.Answer) throws -> [String: String] {
        try #require(answer.kind == "response", "\(answer)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: String], "\(answer.body)")
    }

    @Test("invocations in a row, good and bad, are each answered from the tables, over kept connections")
    func row() throws {
        try makeTables()
        let function = try RunningFunction(environment)
        let keys = Set(FlowAnswer.defaults.map(\.key))
        for round in 0..<3 {
            let known = try Self.texts(try function.ask("a-\(round)", try FlowWorld.event(phone: "+442079460018")))
            #expect(known["customerId"] == "cust-6001" && Set(known.keys) == keys)
            let broken = try Self.texts(
                try function.ask("b-\(round)", try FlowWorld.event(phone: "020 7946 0020"), remaining: nil))
            #expect(broken["brokenOffPosition"] == "ask-date")
            let bad = try Self.texts(try function.ask("c-\(round)", Array("{".utf8)))
            #expect(bad["reason"] == "malformed" && Set(bad.keys) == keys)
        }
        // A deadline that is as good as over: an answer all the same.
        #expect(
            try Self.texts(function.ask("d", try FlowWorld.event(phone: "+442079460018"), remaining: 10))["reason"]
                == "time-out")
        #expect(function.isRunning)
        #expect(function.log.contains("lambda.started") && !function.log.contains("2079460018"))
    }

    @Test("an answer that the runtime does not take ends as an error, and the next invocation is answered")
    func refused() throws {
        try makeTables()
        let function = try RunningFunction(environment)
        try function.runtime.refuse(1)
        #expect(try function.ask("r", try FlowWorld.event(phone: "+442079460018")).kind == "error")
        #expect(try Self.texts(function.ask("s", try FlowWorld.event(phone: "+442079460018")))["found"] == "true")
    }

    @Test("tables that are not there, and none that answers: found is false, and the process goes on")
    func noTables() throws {
        let function = try RunningFunction(environment)
        #expect(try Self.texts(function.ask("n", try FlowWorld.event(phone: "+442079460018")))["found"] == "false")
        let closed = try Emulator.freePort()
        let alone = try RunningFunction(
            environment.merging(["AWS_ENDPOINT_URL": "http://127.0.0.1:\(closed)", "CONVERGE_LAMBDA_DEADLINE": "300ms"]) { $1 })
        let answer = try Self.texts(alone.ask("n", try FlowWorld.event(phone: "+442079460018")))
        #expect(answer["found"] == "false" && ["table", "time-out"].contains(answer["reason"] ?? ""))
        #expect(function.isRunning && alone.isRunning)
    }

    @Test("what a flow saves is in the stream")
    func saves() throws {
        try makeTables()
        let session = try AWSSession(Environment(emulator.environment()))
        let kinesis = try session.client(.kinesis)
        let stream = "events-\(UInt32.random(in: .min ... .max))"
        var json = JSONWriter()
        json.object { json in
            json.member("StreamName", stream)
            json.member("ShardCount", 1)
        }
        _ = try kinesis.perform("CreateStream" as String, json.bytes)
        let function = try RunningFunction(
            environment.merging(["CONVERGE_WRITING_STREAM": stream, "CONVERGE_WRITING_KEYS": FlowWorld.secret]) { $1 })
        var saved: [String: String] = [:]
        var number = 0
        // A stream takes a moment until it is there.
        try eventually("it is saved") {
            number += 1
            saved = try Self.texts(
                function.ask("s-\(number)", try FlowWorld.event(["action": "save", "position": "pay"], contact: "c-9")))
            return saved["saved"] == "true"
        }
        #expect(saved["reason"] == "")
        #expect(!function.log.contains(FlowWorld.secret))
    }

    @Test("a configuration that is wrong is told as an error of the start, with the name of the variable")
    func configuration() throws {
        let function = try RunningFunction(environment.merging(["CONVERGE_LAMBDA_ANSWER": "xml"]) { $1 })
        try eventually("it is told") { try !function.runtime.answers().isEmpty }
        let answer = try #require(try function.runtime.answers().first)
        #expect(answer.kind == "init" && answer.body.contains("CONVERGE_LAMBDA_ANSWER"))
        try eventually("it ends") { !function.isRunning }
        #expect(function.code == 1)
    }
}
