import EngineCore

/// The dead letters of one Region: durable ones, by where they came from.
final class LetterBox {
    private var letters: Set<String> = []
    /// Told of each letter that becomes durable.
    var onDurable: (_ stream: String, _ partition: String, _ position: String) -> Void = { _, _, _ in }
    /// Told of each letter that is a row, or a part of one.
    var onDurableRow: (_ line: [UInt8]) -> Void = { _ in }

    fileprivate func take(_ letter: SimulatedLetters.Letter) {
        if let row = letter.row { return onDurableRow(row) }
        guard letters.insert("\(letter.stream)/\(letter.partition)/\(letter.position)").inserted else { return }
        onDurable(letter.stream, letter.partition, letter.position)
    }
}

/// The dead-letter sink of one worker: what is appended is with the worker until it is made durable.
final class SimulatedLetters: DeadLetterSink, @unchecked Sendable {
    struct Letter {
        var stream: String
        var partition: String
        var position: String
        /// The line of a row that the table refused; nil of a record.
        var row: [UInt8]?
    }

    private struct Failure: Error {}

    private let box: LetterBox
    /// Whether the sink fails this time.
    private let fails: () -> Bool
    private var pending: [Letter] = []

    init(box: LetterBox, fails: @escaping () -> Bool) {
        self.box = box
        self.fails = fails
    }

    func append(_ letter: DeadLetter) throws {
        pending.append(
            Letter(
                stream: letter.partition.stream, partition: letter.partition.name, position: letter.position,
                row: letter.reason == RowBatch.refusedReason ? Array(letter.bytes) : nil))
    }

    func makeDurable() throws {
        if fails() { throw Failure() }
        for letter in pending { box.take(letter) }
        pending = []
    }

    /// For a mutant: throws away what it could not make durable.
    func forget() { pending = [] }
}
