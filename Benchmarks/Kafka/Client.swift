import CRdKafka
import Measuring

import Glibc

/// librdkafka as the benchmark itself uses it.
enum Client {
    static func make(_ kind: rd_kafka_type_t, _ options: [(name: String, value: String)]) throws -> OpaquePointer {
        let configuration = rd_kafka_conf_new()
        var reason = [CChar](repeating: 0, count: 512)
        for (name, value) in options {
            guard rd_kafka_conf_set(configuration, name, value, &reason, reason.count) == RD_KAFKA_CONF_OK else {
                throw BenchmarkError(text(reason))
            }
        }
        if kind == RD_KAFKA_PRODUCER { rd_kafka_conf_set_dr_msg_cb(configuration, delivered) }
        guard let client = rd_kafka_new(kind, configuration, &reason, reason.count) else {
            throw BenchmarkError(text(reason))
        }
        return client
    }

    /// Waits for room where there is none. The record has to stay where it is until it is delivered.
    static func produce(_ record: UnsafeRawBufferPointer, to topic: OpaquePointer?, _ partition: Int, of client: OpaquePointer)
    {
        let start = UnsafeMutableRawPointer(mutating: record.baseAddress)
        while rd_kafka_produce(topic, Int32(partition), 0, start, record.count, nil, 0, nil) != 0 { rd_kafka_poll(client, 10) }
    }

    /// Waits until everything is delivered.
    static func finish(_ client: OpaquePointer) throws {
        guard rd_kafka_flush(client, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw BenchmarkError("records could not be delivered within a minute")
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A record that is lost would shift all offsets behind it.
private func delivered(_: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _: UnsafeMutableRawPointer?) {
    guard let code = message?.pointee.err, code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    fail("a record was not delivered: " + String(cString: rd_kafka_err2str(code)))
}

func fail(_ reason: String) -> Never {
    let line = "bench-kafka: \(reason)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(1)
}
