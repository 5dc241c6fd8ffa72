import CRdKafka
import Foundation
import Servers
@_exported import TestSupport
import Testing

/// A Kafka broker of one node in a process of its own (noida-db), ended with the last reference.
///
/// Knows range and roundrobin, no cooperative assignment.
final class Broker {
    struct Failed: Error, CustomStringConvertible { let description: String }

    let port: Int
    private let scratch: Scratch
    private var process: Process
    private let client: OpaquePointer
    private let terminator: TLSTerminator?
    var address: String { "127.0.0.1:\(port)" }

    /// `tls`: what is in front of it.
    init(tls: TLSTerminator? = nil) throws {
        scratch = try Scratch()
        port = try tls?.port ?? Broker.freePort()
        terminator = tls
        process = try Broker.launch(port, scratch, tls)
        var options = ["bootstrap.servers": "127.0.0.1:\(port)", "linger.ms": "5"]
        if let tls { options.merge(tls.clientOptions) { $1 } }
        client = try KafkaHandle.make(RD_KAFKA_PRODUCER, options)
        try awaitReady()
    }

    deinit {
        rd_kafka_destroy(client)
        kill()
    }

    /// The flags of a worker that reads from here into a state directory of that name; nil: wherever other flags say. `at`: where it asks first.
    func flags(topics: String, state: String?, group: String = "converge", at gate: String? = nil) -> [String] {
        [
            "--kafka-bootstrap-servers", gate ?? address, "--kafka-topics", topics, "--kafka-group-id", group, "--http-port",
            "0", "--kafka-partition-assignment-strategy", "roundrobin",
            // It answers with as much as it has, whatever was asked for.
            "--kafka-options", "receive.message.max.bytes=1000000000", "--kafka-options", "session.timeout.ms=6000",
            "--kafka-options", "reconnect.backoff.max.ms=200",
            // For how long this broker may keep a member that wants to join waiting for one that is gone.
            "--kafka-options", "max.poll.interval.ms=60000",
            // The events are of a day that is long gone.
            "--retain-contacts", "36500d",
        ] + (state.map { ["--store-path", $0] } ?? [])
    }

    // MARK: Its life

    /// As by kill -9.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Answers no more, and keeps its connections.
    func suspend() { Foundation.kill(process.processIdentifier, SIGSTOP) }

    func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

    func restart() throws {
        process = try Broker.launch(port, scratch, terminator)
        try awaitReady()
    }

    /// Waits until a kill would not take these records away: this broker writes its topics to disk a second or two later. What is on
    /// disk is looked at by another broker, on a copy.
    func awaitKept(_ topic: String, partitions: Int, records: Int) throws {
        try eventually("\(topic) is on disk") {
            let copy = try Scratch()
            guard let kept = try? scratch.read("broker/kafka.json") else { return false }
            try copy.write("broker/kafka.json", kept)
            let port = try Broker.freePort()
            let process = try Broker.launch(port, copy, nil)
            defer {
                Foundation.kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let client = try KafkaHandle.make(RD_KAFKA_CONSUMER, ["bootstrap.servers": "127.0.0.1:\(port)"])
            defer { rd_kafka_destroy(client) }
            return (try? KafkaHandle.ends(client, topic, partitions).reduce(0, +)) == Int64(records)
        }
    }

    private static func launch(_ port: Int, _ scratch: Scratch, _ tls: TLSTerminator?) throws -> Process {
        let process = Process()
        let path = try program.get().path
        let arguments = ["start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", scratch.path("broker")]
        let command = (tls?.prefix ?? []) + [path] + arguments
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runBound()
        return process
    }

    private func awaitReady() throws {
        try eventually("the broker answers") {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            guard rd_kafka_metadata(client, 0, nil, &metadata, 500) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
            rd_kafka_metadata_destroy(metadata)
            return true
        }
    }

    /// Below the ports that the system gives to clients (from 32768 on): one of those could be taken until the broker listens, and again
    /// while it is away, even by a client that tries to reach it and meets itself.
    static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 10_000..<32_000)
            if isFree(port) { return port }
        }
        throw Failed(description: "no port is free")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socket in
                bind(descriptor, socket, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// The program itself, out of a virtual environment.
    private static let program = Result {
        let lib = try PythonEnvironment.make("noida", "noida-db==0.2.3").deletingLastPathComponent().appendingPathComponent(
            "lib")
        let found = FileManager.default.enumerator(at: lib, includingPropertiesForKeys: nil)
        for case let url as URL in found ?? FileManager.DirectoryEnumerator()
        where url.path.hasSuffix("/noida_db/noida-db") { return url }
        throw Failed(description: "noida-db is not in \(lib.path)")
    }

    // MARK: Topics

    func create(_ topic: String, partitions: Int) throws {
        var reason = [CChar](repeating: 0, count: 256)
        var topics = [rd_kafka_NewTopic_new(topic, Int32(partitions), 1, &reason, reason.count)]
        let queue = rd_kafka_queue_new(client)
        rd_kafka_CreateTopics(client, &topics, 1, nil, queue)
        let event = rd_kafka_queue_poll(queue, 10_000)
        let code = event.map { rd_kafka_event_error($0) } ?? RD_KAFKA_RESP_ERR__TIMED_OUT
        if let event { rd_kafka_event_destroy(event) }
        rd_kafka_queue_destroy(queue)
        rd_kafka_NewTopic_destroy(topics[0])
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failed(description: "\(topic) cannot be created: \(code)") }
        try eventually("\(topic) is there") {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            guard rd_kafka_metadata(client, 1, nil, &metadata, 2_000) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
            defer { rd_kafka_metadata_destroy(metadata) }
            guard let metadata else { return false }
            return (0..<Int(metadata.pointee.topic_cnt)).contains { index in
                let found = metadata.pointee.topics[index]
                return String(cString: found.topic) == topic && found.partition_cnt == partitions
            }
        }
    }

    /// Record number n goes to partition n modulo `partitions`. Returns when the broker has them all.
    func produce(_ records: some Sequence<[UInt8]>, to topic: String, partitions: Int = 1) throws {
        let handle = rd_kafka_topic_new(client, topic, nil)
        defer { rd_kafka_topic_destroy(handle) }
        for (number, record) in records.enumerated() {
            try eventually("there is room in the producer") {
                var bytes = record
                let code = rd_kafka_produce(
                    handle, Int32(number % partitions), RD_KAFKA_MSG_F_COPY, &bytes, bytes.count, nil, 0, nil)
                rd_kafka_poll(client, 0)
                if code != 0 { refresh(handle) }
                return code == 0
            }
        }
        try #require(rd_kafka_flush(client, 30_000) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// A broker that has just come back may not have known the topic yet.
    private func refresh(_ topic: OpaquePointer?) {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        if rd_kafka_metadata(client, 0, topic, &metadata, 1_000) == RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_metadata_destroy(metadata)
        }
    }

    func produce(_ lines: [String], to topic: String, partitions: Int = 1) throws {
        try produce(lines.map { Array($0.utf8) }, to: topic, partitions: partitions)
    }

    /// Takes a topic away, with all that is in it.
    func delete(_ topic: String) throws {
        var topics = [rd_kafka_DeleteTopic_new(topic)]
        let queue = rd_kafka_queue_new(client)
        rd_kafka_DeleteTopics(client, &topics, 1, nil, queue)
        let event = rd_kafka_queue_poll(queue, 10_000)
        let code = event.map { rd_kafka_event_error($0) } ?? RD_KAFKA_RESP_ERR__TIMED_OUT
        if let event { rd_kafka_event_destroy(event) }
        rd_kafka_queue_destroy(queue)
        rd_kafka_DeleteTopic_destroy(topics[0])
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Failed(description: "\(topic) cannot be deleted: \(code)") }
    }

    /// Before which offset each partition ends.
    func ends(of topic: String, partitions: Int) throws -> [Int64] {
        try KafkaHandle.ends(client, topic, partitions)
    }

    struct Record: Hashable {
        var bytes: [UInt8]
        var headers: [String: String]
    }

    /// Everything that is in partition 0 of a topic.
    func records(of topic: String) throws -> [Record] {
        let consumer = try KafkaHandle.make(
            RD_KAFKA_CONSUMER,
            ["bootstrap.servers": address, "group.id": "look", "enable.partition.eof": "true", "auto.offset.reset": "earliest"])
        defer { rd_kafka_destroy(consumer) }
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, 0).pointee.offset = Int64(RD_KAFKA_OFFSET_BEGINNING)
        rd_kafka_assign(consumer, list)
        var found: [Record] = []
        var hasEnded = false
        try eventually("\(topic) is read") {
            while !hasEnded, let message = rd_kafka_consumer_poll(consumer, 200) {
                defer { rd_kafka_message_destroy(message) }
                hasEnded = message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF
                guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
                let bytes = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
                found.append(Record(bytes: Array(bytes), headers: KafkaHandle.headers(of: message)))
            }
            return hasEnded
        }
        return found
    }
}

enum KafkaHandle {
    static func make(
        _ kind: rd_kafka_type_t, _ options: [String: String], callbacks: (OpaquePointer?) -> Void = { _ in }
    ) throws -> OpaquePointer {
        let configuration = rd_kafka_conf_new()
        var reason = [CChar](repeating: 0, count: 256)
        for (name, value) in options {
            try #require(rd_kafka_conf_set(configuration, name, value, &reason, reason.count) == RD_KAFKA_CONF_OK)
        }
        rd_kafka_conf_set_log_cb(configuration, nil)
        callbacks(configuration)
        return try #require(rd_kafka_new(kind, configuration, &reason, reason.count))
    }

    static func ends(_ client: OpaquePointer, _ topic: String, _ partitions: Int) throws -> [Int64] {
        try (0..<Int32(partitions)).map { partition in
            var low: Int64 = 0
            var high: Int64 = 0
            var code = RD_KAFKA_RESP_ERR_NO_ERROR
            // A broker that has just been started is not there yet for every client.
            try eventually("the end of \(topic)/\(partition) is told, not \(code)") {
                code = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, 2_000)
                return code == RD_KAFKA_RESP_ERR_NO_ERROR
            }
            return high
        }
    }

    static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [String: String] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [:] }
        var headers: [String: String] = [:]
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var length = 0
        var index = 0
        while rd_kafka_header_get_all(list, index, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR, let header = name {
            headers[String(cString: header)] = String(
                decoding: UnsafeRawBufferPointer(start: value, count: length), as: UTF8.self)
            index += 1
        }
        return headers
    }
}
