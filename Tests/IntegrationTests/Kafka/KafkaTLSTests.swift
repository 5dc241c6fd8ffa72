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

        @Test("reads with a certificate of its own where one is asked for, and without where not", arguments: [true, false])
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

        @Test("trusts no other authority, and is not let in without a certificate: both are told", arguments: [true, false])
        func refuses(byWorker: Bool) throws {
            let scratch = try Scratch()
            let tls = try TLSTerminator(asksForCertificate: true)
            let broker = try Broker(tls: tls)
            try broker.create("events", partitions: 1)
            let worker = try KafkaWorker(
                broker.flags(topics: "events", state: "state")
                    + (byWorker ? flags(tls, authority: "other.pem") : flags(tls, certificate: nil)), in: scratch)
            try eventually("it says so") { !worker.entries("kafka.trouble").isEmpty }
            let told = worker.entries("kafka.trouble").compactMap { ($0["fields"] as? [String: Any])?["code"] as? String }
            if byWorker { #expect(told.contains("_SSL"), "\(worker.log)") }
            #expect(!worker.isReady)
            try worker.drain()
        }
    }
}
