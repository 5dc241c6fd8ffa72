import Foundation

/// Threads that run tasks whose tests block: the threads of Swift's own pool are as many as there are cores, and one that waits
/// there keeps a core from a test that computes.
final class Threads: TaskExecutor, @unchecked Sendable {
    /// As many tests as these may wait at once.
    static let waiting = Threads(count: 8)

    private let count: Int
    private let condition = NSCondition()
    // Under the condition's lock.
    private var jobs: [UnownedJob] = []
    private var started = 0
    private var idle = 0

    init(count: Int) { self.count = count }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        defer { condition.unlock() }
        jobs.append(job)
        if idle < jobs.count, started < count {
            started += 1
            let thread = Thread { self.run() }
            thread.stackSize = 8 << 20
            thread.start()
        }
        condition.signal()
    }

    private func run() {
        while true { take().runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func take() -> UnownedJob {
        condition.lock()
        defer { condition.unlock() }
        idle += 1
        while jobs.isEmpty { condition.wait() }
        idle -= 1
        // The latest first: a test that has begun goes on, once what it awaits is there, before another one begins.
        return jobs.removeLast()
    }
}
