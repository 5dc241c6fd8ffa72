import Foundation
import Testing

extension ProgramTests {
    @Suite("the worker on Kafka with SASL")
    struct KafkaLoginTests {
        private func flags(_ gate: SASLGate, _ broker: Broker, mechanism: String = "PLAIN", passwordFile: String) -> [String] {
            broker.flags(topics: "events", state: "state", at: gate.address) + [
                "--kafka-security-protocol", "sasl_plaintext", "--kafka-sasl-mechanism", mechanism, "--kafka-sasl-username",
                gate.user, "--kafka-sasl-password-file", passwordFile,
            ]
        }

        @Test("with the right password the worker reads")
        func right() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let gate = try SASLGate(to: broker)
            try broker.create("events", partitions: 2)
            try broker.produce(Captures.small.get(), to: "events", partitions: 2)
            try scratch.write("password", gate.password + "\n")
            let worker = try KafkaWorker.toEnd(flags(gate, broker, passwordFile: "password"), in: scratch)
            #expect(worker.fields("run.end")["records"] as? Int == 3_000)
            #expect(try scratch.digest(of: "state") == scratch.digest(ofLines: Captures.small.get()))
        }

        @Test(
            "with a wrong password or mechanism the worker is live but not ready, and the message names the problem without the password",
            arguments: [("PLAIN", "another password"), ("SCRAM-SHA-256", "Unsupported SASL mechanism")])
        func wrong(mechanism: String, reason: String) throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let gate = try SASLGate(to: broker)
            try broker.create("events", partitions: 1)
            let password = "wrong-\(UUID().uuidString)"
            try scratch.write("password", password)
            let worker = try KafkaWorker(flags(gate, broker, mechanism: mechanism, passwordFile: "password"), in: scratch)
            try eventually("it says so", of: [worker]) {
                worker.entries("kafka.trouble").contains { entry in
                    (entry["fields"] as? [String: Any])?["code"] as? String == "_AUTHENTICATION"
                        && (entry["message"] as? String)?.contains(reason) == true
                }
            }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(!worker.isReady)
            #expect(!"\(worker.log)".contains(password))
            try worker.drain()
        }
    }
}
