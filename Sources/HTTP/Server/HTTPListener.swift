import Glibc
import Platform

/// A socket that listens.
struct HTTPListener {
    let descriptor: Int32
    let port: Int

    init(address: String, port: Int, backlog: Int) throws(HTTPServerError) {
        guard let wanted = UInt16(exactly: port) else {
            throw HTTPServerError(description: "http.port: \(port) is not a port; give one from 0 to 65535")
        }
        var storage = sockaddr_storage()
        guard let length = HTTPListener.fill(&storage, address, wanted) else {
            throw HTTPServerError(
                description:
                    "http.address: '\(printable(address))' is not an IPv4 or IPv6 address; give one, such as 127.0.0.1 or ::1")
        }
        let family = Int32(storage.ss_family)
        let opened = socket(
            family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard opened >= 0 else { throw HTTPListener.failure(address, port, errno) }
        var on: Int32 = 1
        setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(opened, $0, length) }
        }
        guard bound == 0, listen(opened, Int32(clamping: backlog)) == 0 else {
            let code = errno
            close(opened)
            throw HTTPListener.failure(address, port, code)
        }
        descriptor = opened
        self.port = HTTPListener.port(of: opened) ?? port
    }

    private static func fill(_ storage: inout sockaddr_storage, _ address: String, _ port: UInt16) -> socklen_t? {
        withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            var four = sockaddr_in()
            if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = port.bigEndian
                raw.copyMemory(from: &four, byteCount: MemoryLayout<sockaddr_in>.size)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            }
            var six = sockaddr_in6()
            guard inet_pton(AF_INET6, address, &six.sin6_addr) == 1 else { return nil }
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            raw.copyMemory(from: &six, byteCount: MemoryLayout<sockaddr_in6>.size)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    private static func port(of descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let result = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            guard result == 0 else { return nil }
            // The port stands at the same place in both.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
        }
    }

    /// The address, without the port; empty where it is of neither kind.
    static func digits(of storage: sockaddr_storage) -> String {
        let family = Int32(storage.ss_family)
        return withUnsafeBytes(of: storage) { bytes in
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard family == AF_INET || family == AF_INET6, let base = bytes.baseAddress,
                let address = family == AF_INET
                    ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) : MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr),
                inet_ntop(family, base + address, &text, socklen_t(text.count)) != nil
            else { return "" }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    private static func failure(_ address: String, _ port: Int, _ code: Int32) -> HTTPServerError {
        let advice =
            switch code {
            case EADDRINUSE: "the port is in use; stop the process that uses it, or set another http.port (0: any free port)"
            case EACCES: "permission denied; set an http.port above 1023"
            case EADDRNOTAVAIL: "no interface of this machine has this address; set another http.address"
            default: errorText(code)
            }
        return HTTPServerError(description: "cannot listen for HTTP on \(address) port \(port): \(advice)")
    }
}
