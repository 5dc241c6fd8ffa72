import Foundation

/// Ends the run where a test takes longer than it may, and says which.
///
/// What Testing tells of a test's time has in it how long the test waited for a thread. Where `CONVERGE_TEST_TIMES` names a file, a line is
/// added to it for each test with how long it ran, in seconds (`scripts/test.sh` shows the slowest).
final class Watchdog: @unchecked Sendable {
    static let shared = Watchdog()

    private struct Watch {
        var name: String
        var place: String
        var seconds: Double
        let began = ContinuousClock.now

        var deadline: ContinuousClock.Instant { began + .seconds(seconds) }
    }

    private let lock = NSLock()
    // Under the lock.
    private var watches: [Int: Watch] = [:]
    private var last = 0
    private let ceiling = ProcessInfo.processInfo.environment["CONVERGE_TEST_LIMIT"].flatMap { Double($0) }

    private let times = ProcessInfo.processInfo.environment["CONVERGE_TEST_TIMES"].flatMap { path in
        FileManager.default.createFile(atPath: path, contents: nil) ? FileHandle(forWritingAtPath: path) : nil
    }

    private init() { Thread.detachNewThread { [self] in run() } }

    func start(_ name: String, _ place: String, seconds: Double) -> Int {
        let seconds = min(seconds, ceiling ?? seconds)
        return lock.withLock {
            last += 1
            watches[last] = Watch(name: name, place: place, seconds: seconds)
            return last
        }
    }

    func stop(_ watch: Int) {
        lock.withLock {
            guard let over = watches.removeValue(forKey: watch), let times else { return }
            let seconds = String(format: "%9.3f", (ContinuousClock.now - over.began) / .seconds(1))
            times.write(Data("\(seconds)  \(over.name) (\(over.place))\n".utf8))
        }
    }

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
