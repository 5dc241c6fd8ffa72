import FailoverCore
import Platform

/// Reads what people say of Regions out of a file beside the controller, a line a word:
///
///     us-east-1 unhealthy 2026-11-30T18:04:00Z callers hear silence
///
/// The newest word on a Region counts, for an hour; `unknown` takes a word back. Lines that begin with `#` and empty ones are passed over. A file that is not there says
/// nothing, and one with a line that cannot be read says nothing either, but which line it is: half of what people say is worse than none.
package final class WordSource: SignalSource {
    static let paceMilliseconds: Int64 = 2_000
    private static let bytesMax = 64 << 10

    package let name = "person"
    private let path: String
    private let regions: [String]
    private let wall: @Sendable () -> Int64

    package init(
        path: String, regions: [String], wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        self.path = path
        self.regions = regions
        self.wall = wall
    }

    package func look(now: Int64) -> SignalLook {
        var (words, why): ([PersonsWord], String) = ([], "nobody has said anything")
        if exists(path) {
            do {
                let text = String(decoding: try readFile(path, bytesMax: WordSource.bytesMax), as: UTF8.self)
                switch WordSource.read(text) {
                case .words(let read): words = read
                case .unreadable(let line): why = "line \(line) of \(path) is not REGION STATE TIME WHY"
                }
            } catch {
                why = "\(error)"
            }
        }
        let time = wall()
        return SignalLook(
            regions.map { PersonsWord.signal(of: $0, words, why: why, asked: now, wall: time) },
            nextAt: now + WordSource.paceMilliseconds)
    }

    enum Content: Equatable {
        case words([PersonsWord])
        case unreadable(line: Int)
    }

    static func read(_ text: String) -> Content {
        var words: [PersonsWord] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split(maxSplits: 3) { $0.isWhitespace }
            guard let first = parts.first, !first.hasPrefix("#") else { continue }
            guard parts.count >= 3, let state = SignalState(rawValue: String(parts[1])), let at = Timestamp(String(parts[2]))
            else {
                return .unreadable(line: index + 1)
            }
            words.append(
                PersonsWord(
                    region: String(first), state: state, at: at.milliseconds,
                    why: parts.count > 3 ? printable(String(parts[3])) : "no reason given"))
        }
        return .words(words)
    }
}
