import TestSupport

/// A worker that ended while something was expected of it.
struct WorkerEnded: Error, CustomStringConvertible {
    let description: String
}

/// Waits as ``TestSupport/eventually(_:seconds:every:file:line:_:)`` does, for what these workers are to bring about. It gives up at once where
/// one of them has ended, and says in any case how each of them stands and what it said last.
/// - Throws: ``WorkerEnded``, `NeverHappened`, and whatever the question throws.
func eventually(
    _ what: @autoclosure () -> String, of workers: [KafkaWorker], file: StaticString = #fileID, line: UInt = #line,
    _ isSo: () throws -> Bool
) throws {
    func standing() -> String { workers.map { "; " + $0.standing }.joined() }
    try eventually(what() + standing(), file: file, line: line) {
        // Looked at before the question: what it did last may be the answer.
        let hasEnded = workers.contains { !$0.program.isRunning }
        if try isSo() { return true }
        guard hasEnded else { return false }
        throw WorkerEnded(description: "ended before it came to this: \(what()) (\(file):\(line))\(standing())")
    }
}
