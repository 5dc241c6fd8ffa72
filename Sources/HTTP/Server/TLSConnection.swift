import CMicroHTTPD
import CSSL
import Glibc

/// One client's TLS, between its socket and a pair of sockets whose other end is served like a connection without TLS.
///
/// Holds at most 16 KiB each way; whoever is quicker waits. Belongs to the gate's thread.
final class TLSConnection {
    private static let bytesMax = 16_384
    /// Rounds after which others have their turn.
    private static let roundsMax = 8

    enum State { case waits, hasMore, isSafe, over }

    let socket: Int32
    let peer: sockaddr_storage
    /// When the handshake has to be done.
    let deadline: Int64
    private(set) var isSafe = false
    private let session: OpaquePointer
    /// The near end of the pair, from the handshake on.
    private var inner: Int32 = -1
    private var inbound: [UInt8] = []
    private var outbound: [UInt8] = []
    private var isServerDone = false

    /// The socket is its own from here on.
    init(_ socket: Int32, _ session: OpaquePointer, peer: sockaddr_storage, deadline: Int64) {
        (self.socket, self.session, self.peer, self.deadline) = (socket, session, peer, deadline)
    }

    deinit {
        converge_tls_end(session, isServerDone && outbound.isEmpty ? 1 : 0)
        if inner >= 0 { close(inner) }
        close(socket)
    }

    /// From here on what comes is passed to the pair's other end.
    func connect(_ inner: Int32) { self.inner = inner }

    /// Does what can be done without waiting. ``State/isSafe`` is told once, and wants ``connect(_:)``.
    func advance() -> State {
        guard isSafe else {
            let result = converge_tls_accept(session)
            guard result > 0 else { return result == 0 ? .waits : .over }
            isSafe = true
            return .isSafe
        }
        for _ in 0..<TLSConnection.roundsMax {
            guard let inwards = passIn(), let outwards = passOut() else { return .over }
            if isServerDone, outbound.isEmpty { return .over }
            if !inwards, !outwards { return .waits }
        }
        return .hasMore
    }

    /// Whether anything moved; nil where the client has left.
    private func passIn() -> Bool? {
        var moved = false
        if inbound.isEmpty {
            let session = session
            var result: Int32 = 0
            inbound = [UInt8](unsafeUninitializedCapacity: TLSConnection.bytesMax) { bytes, count in
                result = converge_tls_read(session, bytes.baseAddress, Int32(bytes.count))
                count = Int(max(0, result))
            }
            if result < 0 { return nil }
            if result == 0 { inbound = [] }
            moved = result > 0
        }
        guard !inbound.isEmpty else { return moved }
        let count = inbound.withUnsafeBytes { converge_http_send(inner, $0.baseAddress, $0.count) }
        guard count > 0 else {
            // The server reads no more: what it has said still goes out.
            if errno != EAGAIN, errno != EINTR { inbound = [] }
            return moved
        }
        if count == inbound.count { inbound = [] } else { inbound.removeFirst(count) }
        return true
    }

    /// Whether anything moved; nil where the client has left.
    private func passOut() -> Bool? {
        var moved = false
        if outbound.isEmpty, !isServerDone {
            let inner = inner
            var result = 0
            outbound = [UInt8](unsafeUninitializedCapacity: TLSConnection.bytesMax) { bytes, count in
                result = converge_http_receive(inner, bytes.baseAddress, bytes.count)
                count = max(0, result)
            }
            if result == 0 || (result < 0 && errno != EAGAIN && errno != EINTR) { isServerDone = true }
            if result <= 0 { outbound = [] }
            moved = result > 0
        }
        guard !outbound.isEmpty else { return moved }
        let count = outbound.withUnsafeBytes { converge_tls_write(session, $0.baseAddress, Int32($0.count)) }
        guard count >= 0 else { return nil }
        if count == outbound.count { outbound = [] } else { outbound.removeFirst(Int(count)) }
        return moved || count > 0
    }
}
