import Foundation

/// Ends the run where a test takes longer than it may, and says which.
final class Watchdog: @unchecked Sendable {
    static let shared = Watchdog()

    private struct Watch {
        var name: String
        var place: String
        var seconds: Double
        var deadline: ContinuousClock.Instant
    }

    private let lock = NSLock()
    // Under the lock.
    private var watches: [Int: Watch] = [:]
    private var last = 0
    private let ceiling = ProcessInfo.processInfo.environment["CONVERGE_TEST_LIMIT"].flatMap { Double($0) }

    private init() { Thread.detachNewThread { [self] in run() } }

    func start(_ name: String, _ place: String, seconds: Double) -> Int {
        let seconds = min(seconds, ceiling ?? seconds)
        return lock.withLock {
            last += 1
            watches[last] = Watch(name: name, place: place, seconds: seconds, deadline: .now + .seconds(seconds))
            return last
        }
    }

    func stop(_ watch: Int) { lock.withLock { watches[watch] = nil } }

    private func run() {
        while true {
            usleep(200_000)
            let late = lock.withLock { watches.values.filter { $0.deadline < .now } }
            if late.isEmpty { continue }
            for watch in late {
                let line = "✘ Test \"\(watch.name)\" is not over after \(Int(watch.seconds)) seconds: \(watch.place)\n"
                FileHandle.standardError.write(Data(line.utf8))
            }
            // What does not suspend cannot be ended by itself.
            exit(1)
        }
    }
}
