import Foundation

extension Process {
    /// Runs the program for as long as this process lives at most: however that ends, by a kill or by the watchdog, the program is killed.
    ///
    /// Everything that tests start is started by this, from one thread: `run()` makes a pair of sockets by which Foundation hears of the end, and what
    /// another thread starts at that moment inherits it. `waitUntilExit()` of a `curl` then waits for the end of somebody's worker.
    ///
    /// `setpriv` asks the kernel for it (PR_SET_PDEATHSIG) and becomes the program, whose process has the same number. The kernel goes by the thread
    /// that started a program, and threads of Swift's pool come and go, so one that stays starts them all. What the program starts itself is
    /// not included.
    public func runBound() throws {
        guard let program = executableURL else { throw CocoaError(.fileNoSuchFile) }
        arguments = ["--pdeathsig", "KILL", "--", program.path] + (arguments ?? [])
        executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        try ProgramStarter.shared.start(self)
    }
}

/// A thread that starts programs and never ends.
private final class ProgramStarter: @unchecked Sendable {
    static let shared = ProgramStarter()

    private final class Start {
        let process: Process
        var result: Result<Void, any Error>?

        init(_ process: Process) { self.process = process }
    }

    private let condition = NSCondition()
    // Under the condition's lock.
    private var starts: [Start] = []

    private init() { Thread.detachNewThread { [self] in run() } }

    func start(_ process: Process) throws {
        let start = Start(process)
        condition.lock()
        starts.append(start)
        condition.broadcast()
        while start.result == nil { condition.wait() }
        condition.unlock()
        try start.result?.get()
    }

    private func run() {
        condition.lock()
        while true {
            while starts.isEmpty { condition.wait() }
            let start = starts.removeFirst()
            condition.unlock()
            let result = Result { try start.process.run() }
            condition.lock()
            start.result = result
            condition.broadcast()
        }
    }
}
