import Glibc
import Platform

@testable import API
@testable import HTTPServer

/// Arbitrary bytes on a connection of a server, and as the target and fields of a request. The first byte chooses.
///
/// Of what comes on a connection only this is asked: that every answer begins as one does, and that nothing is answered with what no route says.
final class RequestTarget: FuzzTarget {
    private let server: HTTPServer?
    private let router: HTTPRouter

    init() {
        var router = HTTPRouter()
        for pattern in ["/word", "/state/{kind}", "/state/{kind}/{id...}", "/v1/{id}", "/health/live"] {
            router.add("GET", pattern, access: .open, limit: .read) { request in
                for (_, value) in request.parameters { require(!value.utf8.contains(0xFF), "no UTF-8") }
                return .json("{}")
            }
        }
        router.add("POST", "/echo", access: .open, limit: .write, bodyBytesMax: 64) { request in
            require(request.body.count <= 64, "a body of \(request.body.count) bytes")
            return HTTPResponse(contentType: "text/plain", body: request.body)
        }
        var limits = HTTPLimits()
        limits.idleSecondsMax = 1
        self.router = router
        server = try? HTTPServer(port: 0, limits: limits, router: router)
    }

    func run(_ input: ByteView) {
        guard input.count > 0 else { return }
        let rest = Array(input.slice(1, input.count - 1))
        switch input[0] % 3 {
        case 0: target(String(decoding: rest, as: UTF8.self))
        case 1: fields(rest)
        default: connection(rest)
        }
    }

    private func target(_ target: String) {
        guard let request = HTTPRequest(method: "GET", target: target) else { return }
        let place = router.place(of: request)
        require(place.entry == nil || place.isReadable, "a route for what cannot be read")
        let status = router.answer(request).status
        require([200, 400, 404, 405].contains(status), "\(status)")
        _ = try? StateQuery(request, accepting: ["cursor", "limit", "registers"])
        if let filter = try? ChangeFilter(request) {
            require(filter.keys.count <= ChangeFilter.idsMax, "\(filter.keys.count) ids")
        }
    }

    /// A line a field. What has no flaw has one length at most, in digits.
    private func fields(_ text: [UInt8]) {
        let lines = text.split(separator: UInt8(ascii: "\n")).map { $0.split(separator: UInt8(ascii: ":"), maxSplits: 1) }
        let fields = lines.filter { !$0.contains { $0.contains(0) } }.map { line in
            (
                name: line.first.map { String(decoding: $0, as: UTF8.self) } ?? "",
                value: line.count > 1 ? String(decoding: line[1], as: UTF8.self) : ""
            )
        }
        let headers = HTTPHeaders(fields)
        guard headers.flaw(isChunkable: true) == nil else { return }
        let lengths = fields.filter { ["content-length", "transfer-encoding"].contains($0.name.lowercased()) }
        require(lengths.count <= 1, "two lengths: \(lengths)")
        let value = lengths.first?.value ?? "0"
        require(
            value.lowercased() == "chunked" || value.utf8.allSatisfy { (0x30...0x39).contains($0) }, "a length of '\(value)'")
        require(!fields.contains { $0.name.utf8.contains { $0 <= 32 || $0 >= 127 } }, "a blank in a name")
    }

    private func connection(_ bytes: [UInt8]) {
        guard let server else { stop("there is no server") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(server.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, UInt32(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return }
        // The port is free again at once: there would be none left after some ten thousand.
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, UInt32(MemoryLayout<Glibc.linger>.size))
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while answer.count < 1 << 20 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        require(
            answer.isEmpty || answer.starts(with: "HTTP/1.".utf8),
            "it answers \(String(decoding: answer.prefix(64), as: UTF8.self))")
    }
}
