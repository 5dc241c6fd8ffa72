import ContactCenter
import Platform
import Storage
import Writing

/// What the function runs with: environment variables, of which those that a worker has too are called as there.
struct LambdaSettings: Sendable {
    struct Writing: Sendable {
        /// A name or an ARN.
        var stream: String
        var keys: EventKeys
    }

    /// Names, as `docs/lambda.md` lists them. Those of ``secrets`` may end in `_FILE`: the file that has it.
    static let shared = [
        "CONVERGE_STORE_PREFIX", "CONVERGE_ALIAS_COUNTRY", "CONVERGE_WRITING_STREAM", "CONVERGE_LOG_LEVEL",
    ]
    static let secrets = ["CONVERGE_ALIAS_KEY", "CONVERGE_WRITING_KEYS"]
    static let own = ["CONVERGE_LAMBDA_DEADLINE", "CONVERGE_LAMBDA_ANSWER", "CONVERGE_LAMBDA_VARIABLES"]
    static let defaultDeadlineMilliseconds: Int64 = 400
    /// A block waits 8 s at most.
    static let deadlineMilliseconds: ClosedRange<Int64> = 50...7_000

    var region: String
    var prefix: String
    /// Nil: numbers and addresses cannot be looked up.
    var aliases: AliasKey?
    /// Nil: nothing can be saved.
    var writing: Writing?
    var logLevel = "info"
    var deadlineMilliseconds = LambdaSettings.defaultDeadlineMilliseconds
    var shape = FlowAnswer.Shape.stringMap
    /// Names of variables that every answer has.
    var variables: [String] = []

    /// Throws what is wrong, the name of the variable first, all of it.
    init(_ environment: Environment, names: [String]) throws(UsageError) {
        var problems: [String] = []
        func attempt<Value>(_ body: () throws(UsageError) -> Value) -> Value? {
            do throws(UsageError) { return try body() } catch {
                problems.append("\(error)")
                return nil
            }
        }
        for name in names where name.hasPrefix("CONVERGE_LAMBDA_") && !LambdaSettings.own.contains(name) {
            problems.append("\(printable(name)): not a setting; accepted are \(LambdaSettings.own.joined(separator: ", "))")
        }
        region = environment["AWS_REGION"] ?? ""
        if region.isEmpty { problems.append("AWS_REGION: not set; AWS Lambda sets it") }
        prefix = environment["CONVERGE_STORE_PREFIX"] ?? DynamoDBTables.defaultPrefix
        if !DynamoDBTables.isPrefix(prefix) {
            problems.append(
                "CONVERGE_STORE_PREFIX: '\(printable(prefix))' cannot begin a table name; use at most 200 letters, digits, '_', '-' and '.'"
            )
        }
        let country = attempt { () throws(UsageError) in
            try CallingCode(told: environment["CONVERGE_ALIAS_COUNTRY"], as: "CONVERGE_ALIAS_COUNTRY")
        }
        aliases =
            attempt { () throws(UsageError) in
                try LambdaSettings.secret("CONVERGE_ALIAS_KEY", environment).map { (text) throws(UsageError) in
                    try AliasKey(Array(text.revealed.utf8), country: country ?? nil)
                }
            } ?? nil
        writing = attempt { () throws(UsageError) in try LambdaSettings.writing(environment, region: region) } ?? nil
        if let text = environment["CONVERGE_LOG_LEVEL"] {
            logLevel = text.lowercased()
            if !["debug", "info", "warning", "error"].contains(logLevel) {
                problems.append("CONVERGE_LOG_LEVEL: '\(printable(text))' is not accepted; give debug, info, warning or error")
            }
        }
        if let text = environment["CONVERGE_LAMBDA_DEADLINE"] {
            if let time = LambdaSettings.milliseconds(text), LambdaSettings.deadlineMilliseconds.contains(time) {
                deadlineMilliseconds = time
            } else {
                problems.append(
                    "CONVERGE_LAMBDA_DEADLINE: '\(printable(text))' is not accepted; give a duration from 50ms to 7s, such as 400ms, below the time limit of the flow's block"
                )
            }
        }
        if let text = environment["CONVERGE_LAMBDA_ANSWER"] {
            if let shape = FlowAnswer.Shape(rawValue: text) {
                self.shape = shape
            } else {
                problems.append("CONVERGE_LAMBDA_ANSWER: '\(printable(text))' is not accepted; give string-map or json")
            }
        }
        variables = (environment["CONVERGE_LAMBDA_VARIABLES"] ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " })
        }
        if variables.count > FlowAnswer.variablesMax || !variables.allSatisfy(FlowSave.isName)
            || Set(variables).count != variables.count
        {
            problems.append(
                "CONVERGE_LAMBDA_VARIABLES: give at most \(FlowAnswer.variablesMax) different names, with commas between, of 1 to \(FlowSave.nameBytesMax) letters, digits, '_' and '-'"
            )
        }
        guard problems.isEmpty else { throw UsageError(problems.joined(separator: "\n")) }
    }

    private static func writing(_ environment: Environment, region: String) throws(UsageError) -> Writing? {
        let keys = try secret("CONVERGE_WRITING_KEYS", environment)
        guard let stream = environment["CONVERGE_WRITING_STREAM"] else {
            if keys != nil {
                throw UsageError(
                    "CONVERGE_WRITING_KEYS: does nothing without CONVERGE_WRITING_STREAM; set that or remove the keys")
            }
            return nil
        }
        if stream.hasPrefix("arn:"),
            stream.split(separator: ":", omittingEmptySubsequences: false).dropFirst(3).first.map(String.init) != region
        {
            throw UsageError(
                "CONVERGE_WRITING_STREAM: \(printable(stream)) is not in \(region); give a stream of the function's own Region")
        }
        let secrets = keys?.revealed.split(separator: ",").map { Secret(String($0.filter { $0 != " " })) } ?? []
        guard let keys = EventKeys(secrets) else {
            throw UsageError(
                "CONVERGE_WRITING_KEYS: give 1 to \(EventKeys.countMax) keys of at least \(EventKeys.bytesMin) bytes each, with commas between, the same as all endpoints have, such as the output of openssl rand -hex 32"
            )
        }
        return Writing(stream: stream, keys: keys)
    }

    /// A secret, or what the file says that `NAME_FILE` names; a line break at its end is no part of it.
    private static func secret(_ name: String, _ environment: Environment) throws(UsageError) -> Secret? {
        let file = environment[name + "_FILE"]
        if let text = environment[name] {
            if file != nil { throw UsageError("\(name) and \(name)_FILE are both set; remove one of them") }
            return Secret(text)
        }
        guard let file else { return nil }
        do throws(FileError) {
            var bytes = try readFile(file, bytesMax: 1 << 16)
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            return Secret(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw UsageError("\(name)_FILE: \(error)")
        }
    }

    /// A whole number with `ms` or `s`.
    private static func milliseconds(_ text: String) -> Int64? {
        if text.hasSuffix("ms") { return Int64(text.dropLast(2)) }
        guard text.hasSuffix("s"), let seconds = Int64(text.dropLast()), (0...3600).contains(seconds) else { return nil }
        return seconds * 1000
    }
}
