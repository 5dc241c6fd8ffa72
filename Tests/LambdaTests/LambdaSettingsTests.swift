import TestSupport
import Testing

@testable import Lambda
@testable import Platform

@Suite("the settings of the function", .limited)
struct LambdaSettingsTests {
    private func problem(_ variables: [String: String]) -> String {
        do {
            _ = try FlowWorld.settings(variables)
            return ""
        } catch { return "\(error)" }
    }

    @Test("AWS Lambda's own variables are enough")
    func least() throws {
        let settings = try LambdaSettings(Environment(["AWS_REGION": "us-west-2"]), names: [])
        #expect(settings.prefix == "converge" && settings.aliases == nil && settings.writing == nil)
        #expect(settings.deadlineMilliseconds == 400 && settings.shape == .stringMap && settings.variables.isEmpty)
    }

    @Test(
        "what is wrong is named, with what is accepted",
        arguments: [
            ("CONVERGE_STORE_PREFIX", "a b", "cannot begin a table name"),
            ("CONVERGE_LAMBDA_DEADLINE", "0ms", "from 50ms to 7s"),
            ("CONVERGE_LAMBDA_DEADLINE", "soon", "from 50ms to 7s"), ("CONVERGE_LAMBDA_DEADLINE", "8s", "from 50ms to 7s"),
            ("CONVERGE_LAMBDA_ANSWER", "xml", "string-map or json"), ("CONVERGE_LAMBDA_VARIABLES", "a,a", "different names"),
            ("CONVERGE_LAMBDA_VARIABLES", "a b,ü", "letters, digits"),
            ("CONVERGE_LAMBDA_TIMEOUT", "3s", "CONVERGE_LAMBDA_DEADLINE"),
            ("CONVERGE_LOG_LEVEL", "loud", "debug, info, warning or error"), ("CONVERGE_ALIAS_COUNTRY", "uk", "calling code"),
            ("CONVERGE_ALIAS_KEY", "short", "both set"), ("CONVERGE_WRITING_KEYS", "short", "at least 32 bytes"),
            ("CONVERGE_WRITING_STREAM", "arn:aws:kinesis:eu-west-1:111122223333:stream/events", "own Region"),
            ("CONVERGE_WRITING_STREAM", "", "CONVERGE_WRITING_STREAM"), ("CONVERGE_ALIAS_KEY_FILE", "/nowhere", "cannot"),
        ])
    func wrong(name: String, value: String, said: String) {
        let problem = problem([name: value])
        #expect(problem.contains(name) && problem.contains(said), "\(problem)")
        #expect(!problem.contains(FlowWorld.secret))
    }

    @Test("all that is wrong is told at once")
    func all() {
        let problem = problem(["CONVERGE_LAMBDA_ANSWER": "xml", "CONVERGE_LAMBDA_DEADLINE": "x"])
        #expect(problem.contains("CONVERGE_LAMBDA_ANSWER") && problem.contains("CONVERGE_LAMBDA_DEADLINE"))
    }

    @Test("Amazon Linux's certificates are used where Debian's are not, unless somebody says which")
    func certificates() {
        let none = Environment([:])
        #expect(
            CertificateBundle.missing(none) { $0 == "/etc/pki/tls/certs/ca-bundle.crt" } == "/etc/pki/tls/certs/ca-bundle.crt")
        #expect(CertificateBundle.missing(none) { _ in true } == nil)
        #expect(CertificateBundle.missing(none) { _ in false } == nil)
        #expect(CertificateBundle.missing(Environment(["AWS_CA_BUNDLE": "/x"])) { $0 != CertificateBundle.debian } == nil)
    }
}
