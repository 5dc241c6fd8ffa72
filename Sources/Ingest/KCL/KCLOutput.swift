import EngineCore
import Glibc
import JSON

/// What the record processor says to the daemon, a line each.
final class KCLOutput: @unchecked Sendable {
    private let descriptor: Int32
    private var json = JSONWriter()

    /// Takes the descriptor over and closes it in the end.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The action of that name is done; the daemon sends the next.
    func status(_ action: String) throws(KCLError) {
        json.removeAll()
        json.object {
            $0.member("action", "status")
            $0.member("responseFor", action)
        }
        try send()
    }

    /// Everything up to this record is done with, the record included; nil: everything that the daemon has sent, to the end of the shard.
    func checkpoint(_ position: Position?) throws(KCLError) {
        json.removeAll()
        json.object { json in
            json.member("action", "checkpoint")
            json.key("sequenceNumber")
            if let position { json.string(position.sequenceNumber) } else { json.null() }
            json.key("subSequenceNumber")
            if let position { json.integer(position.subSequenceNumber) } else { json.null() }
        }
        try send()
    }

    private func send() throws(KCLError) {
        json.endLine()
        let line = json.bytes
        var written = 0
        while written < line.count {
            let got = line.withUnsafeBytes {
                write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, line.count - written)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .pipe(action: "write", reason: String(cString: strerror(errno))) }
            written += got
        }
    }
}
