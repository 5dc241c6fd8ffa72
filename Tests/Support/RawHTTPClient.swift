import Foundation

/// A client that sends exactly the bytes it is told, over a socket of its own.
public final class RawHTTPClient {
    public struct Refused: Error {}

    public struct Answer {
        public var status: Int
        /// By name in lower case.
        public var headers: [String: String]
        public var body: String

        public var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    public init(port: Int, address: String = "127.0.0.1") throws {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        let isFour = inet_pton(AF_INET, address, &four.sin_addr) == 1
        _ = inet_pton(AF_INET6, address, &six.sin6_addr)
        four.sin_family = sa_family_t(AF_INET)
        six.sin6_family = sa_family_t(AF_INET6)
        four.sin_port = UInt16(port).bigEndian
        six.sin6_port = UInt16(port).bigEndian
        descriptor = socket(isFour ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        let connected =
            isFour
            ? withUnsafeBytes(of: &four) {
                connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), UInt32($0.count))
            }
            : withUnsafeBytes(of: &six) {
                connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), UInt32($0.count))
            }
        // The descriptor is closed by the end of this object, which there is already.
        guard connected == 0 else { throw Refused() }
        // Nothing here waits for longer: a server that hangs fails its test.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, UInt32(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    public func send(_ text: String) { send(Array(text.utf8)) }

    public func send(_ bytes: [UInt8]) {
        var at = 0
        while at < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + at, bytes.count - at, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return }
            at += sent
        }
    }

    /// Nil where the server closed the connection first.
    public func answer(hasBody: Bool = true) -> Answer? {
        let gap = Array("\r\n\r\n".utf8)
        var split: Int?
        while true {
            split = (0..<max(0, received.count - 3)).first { Array(received[$0..<($0 + 4)]) == gap }
            if split != nil { break }
            guard receive() else { return nil }
        }
        let head = String(decoding: received[..<split!], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let parts = line.components(separatedBy: ": ")
            headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
        }
        received.removeFirst(split! + 4)
        let length = hasBody ? Int(headers["content-length"] ?? "0") ?? 0 : 0
        while received.count < length { guard receive() else { return nil } }
        let body = String(decoding: received[..<length], as: UTF8.self)
        received.removeFirst(length)
        return Answer(status: Int(head[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
    }

    /// The next chunk of an answer in chunks, of which only the headers were read; empty for the last one, nil where the server closed first.
    public func chunk() -> String? {
        guard let line = line(), let count = Int(line, radix: 16), let text = text(count), self.line() == "" else { return nil }
        return text
    }

    /// The next `count` bytes; nil where the server closed first.
    public func text(_ count: Int) -> String? {
        while received.count < count { guard receive() else { return nil } }
        defer { received.removeFirst(count) }
        return String(decoding: received[..<count], as: UTF8.self)
    }

    private func line() -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<max(0, end - 1)], as: UTF8.self)
            }
            guard receive() else { return nil }
        }
    }

    /// Sends, and tells whether the connection is there still.
    public func trickle(_ text: String) -> Bool {
        send(text)
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count > 0 || (count < 0 && errno == EAGAIN)
    }

    /// Whether the server has not closed the connection yet, which has nothing to read.
    public var isOpen: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) != 0
    }

    /// Whether the server closes the connection, which is waited for.
    public var isClosed: Bool { !receive() }

    public func get(_ target: String, method: String = "GET") -> Answer? {
        send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return answer(hasBody: method != "HEAD")
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { received += buffer[..<count] }
        return count > 0
    }
}
