import CCurl
import Glibc

/// What libcurl waits for: its sockets, watched by the kernel, so that waking up costs what has happened and not what is open; and its one
/// timer. Beside them a bell for other threads.
///
/// Invariants: touched by the client's thread alone, but for ``ring()``. libcurl refers to it from ``attach(to:)`` until the multi handle is
/// cleaned up, so it lives longer than that handle.
final class CurlSockets {
    private static let readyMax = 64

    private let poller: Int32
    private let bell: Int32
    /// When libcurl wants to be called though no socket is ready.
    private var due: ContinuousClock.Instant?
    private var ready: [converge_ready]
    private var readyCount = 0
    /// Whose sockets are none of libcurl's any more, by their numbers: as many as the process may have open at most.
    private var owners: [DirectConnection?] = []

    init?() {
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = converge_epoll_bell(poller)
        ready = Array(repeating: converge_ready(), count: CurlSockets.readyMax)
        guard poller >= 0, bell >= 0 else { return nil }
    }

    deinit {
        if bell >= 0 { close(bell) }
        if poller >= 0 { close(poller) }
    }

    func attach(to multi: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = converge_curl_multi_set_watch(multi, watchSocket, context)
        _ = converge_curl_multi_set_timer(multi, changeTimer, context)
    }

    /// Ends a wait, or the next one. From any thread.
    func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    /// Waits until a socket is ready, libcurl's timer is due or the bell was rung, for so long at most.
    func wait(milliseconds: Int32) {
        var most = milliseconds
        if let due {
            // Rounded up: libcurl looks at the clock itself, and called too early it would ask for the rest.
            most = min(most, Int32(clamping: Int(max(0, ((due - .now) / .milliseconds(1)).rounded(.up)))))
        }
        readyCount = Int(max(0, converge_epoll_wait(poller, &ready, Int32(CurlSockets.readyMax), most)))
    }

    /// Watches a direct connection's socket until ``forget(_:)``: for bytes, and for room to send where that is waited for.
    func watch(_ socket: Int32, for connection: DirectConnection, room: Bool) -> Bool {
        let index = Int(socket)
        while owners.count <= index { owners.append(nil) }
        owners[index] = connection
        return converge_epoll_watch(poller, socket, room ? CURL_POLL_INOUT : CURL_POLL_IN) == 0
    }

    func forget(_ socket: Int32) {
        owners[Int(socket)] = nil
        _ = converge_epoll_watch(poller, socket, CURL_POLL_REMOVE)
    }

    private func owner(of socket: Int32) -> DirectConnection? { socket < owners.count ? owners[Int(socket)] : nil }

    /// Lets libcurl and direct connections go on where they can.
    func act(on multi: UnsafeMutableRawPointer) {
        var running: Int32 = 0
        for at in 0..<readyCount {
            let (socket, events) = (ready[at].socket, ready[at].events)
            if let connection = owner(of: socket) {
                connection.lane.ready(connection)
                continue
            }
            // One that was closed meanwhile libcurl does not know any more, and passes over.
            if socket != bell { curl_multi_socket_action(multi, socket, events, &running) }
        }
        readyCount = 0
        if let due, due <= .now {
            self.due = nil
            curl_multi_socket_action(multi, converge_curl_timeout, 0, &running)
        }
    }

    fileprivate func watch(_ socket: Int32, _ what: Int32) { _ = converge_epoll_watch(poller, socket, what) }

    fileprivate func setTimer(_ milliseconds: Int) {
        due = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }
}

/// Top-level functions, so that they carry no isolation.
private func watchSocket(
    _ easy: UnsafeMutableRawPointer?, _ socket: Int32, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _ mark: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlSockets>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
    return 0
}

private func changeTimer(_ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlSockets>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
    return 0
}
