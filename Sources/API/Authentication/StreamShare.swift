import HTTPServer
import Synchronization

/// Holds callers to a share of the streams: middleware behind ``Authentication``. A rate alone would let one caller open all there are, one after the other.
///
/// Bounded by the server's streams: a caller without one is not remembered.
package final class StreamShare: Sendable {
    /// Streams of one caller at a time: a service that follows for many people needs some, an agent's desktop one or two.
    package static let streamsMax = 256

    private struct Caller: Hashable {
        var issuer: String
        var subject: String
    }

    private let denials: Denials
    private let open = Mutex<[Caller: Int]>([:])

    package init(denials: Denials) { self.denials = denials }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        guard route?.limit == .stream, let who = request.caller else { return next(request) }
        let caller = Caller(issuer: who.issuer, subject: who.subject)
        let isTaken = open.withLock { open in
            guard open[caller, default: 0] < StreamShare.streamsMax else { return false }
            open[caller, default: 0] += 1
            return true
        }
        guard isTaken else {
            denials.count(.streams)
            return .problem(
                429,
                "a caller may have \(StreamShare.streamsMax) streams at a time; close some, or follow more entities with one",
                headers: [("Retry-After", "5")])
        }
        let answer = next(request)
        if case .stream(let stream) = answer.body {
            stream.onEnd { [weak self] in self?.giveBack(caller) }
        } else {
            giveBack(caller)
        }
        return answer
    }

    private func giveBack(_ caller: Caller) {
        open.withLock { open in
            let left = open[caller, default: 1] - 1
            open[caller] = left > 0 ? left : nil
        }
    }
}
