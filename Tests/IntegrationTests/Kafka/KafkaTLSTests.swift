import Foundation
import Testing

extension ProgramTests {
    @Suite("the worker on Kafka behind TLS", .enabled(if: TLSTerminator.isPermitted))
    struct KafkaTLSTests {
        private func flags(_ tls: TLSTerminator, authority: String = "ca.pem", certificate: String? = "client") -> [String] {
            let own = certificate.map {
                ["--kafka-ssl-certificate-location", tls.path("\($0).pem"), "--kafka-ssl-key-location", tls.path("\($0).key")]
            }
            return ["--kafka-security-protocol", "ssl", "--kafka-ssl-ca-location", tls.path(authority)] + (own ?? [])
        }

        @Test(
            "the worker reads with a client certificate if the broker requires one, and otherwise without",
            arguments: [true, false])
        func reads(mutual: Bool) throws {
            let scratch = try Scratch()
            let tls = try TLSTerminator(asksForCertificate: mutual)
            let broker = try Broker(tls: tls)
            try broker.create("events", partitions: 2)
            try broker.produce(Captures.small.get(), to: "events", partitions: 2)
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state") + flags(tls, certificate: mutual ? "client" : nil)
                    + ["--until-end"], in: scratch)
            #expect(try worker.program.wait().code == 0, "\(worker.log.suffix(3))")
            try scratch.write("reference.jsonl", Captures.small.get().jsonLines)
            #expect(try scratch.converge("digest", "state").digest == scratch.digest(ofCaptures: "reference.jsonl"))
        }

        /// Each with a part of what is told.
        enum Wrong: String, CaseIterable {
            case authority = "certificate verify failed"
            case noCertificate = "certificate required"
            case otherCertificate = "unknown ca"
        }

        @Test(
            "a broker of another CA, a missing client certificate and one of another CA are each refused and reported",
            arguments: Wrong.allCases)
        func refuses(_ wrong: Wrong) throws {
            let scratch = try Scratch()
            let tls = try TLSTerminator(asksForCertificate: true)
            let broker = try Broker(tls: tls)
            try broker.create("events", partitions: 1)
            let own =
                switch wrong {
                case .authority: flags(tls, authority: "other.pem")
                case .noCertificate: flags(tls, certificate: nil)
                // It signed itself.
                case .otherCertificate: flags(tls, certificate: "other")
                }
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state") + own, in: scratch)
            try eventually("it says so", of: [worker]) {
                worker.entries("kafka.trouble").contains { entry in
                    (entry["message"] as? String)?.contains(wrong.rawValue) == true
                }
            }
            #expect(worker.page("/health/live")?.hasPrefix("{\"status\":\"ok\"") == true)
            #expect(!worker.isReady)
            try worker.drain()
        }
    }
}
