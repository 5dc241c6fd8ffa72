import Engine
import Lattice

/// The dead letters of one Region: durable ones, by where they came from.
final class LetterBox {
    private var letters: Set<String> = []
    /// Told of each letter that becomes durable.
    var onDurable: (_ stream: String, _ partition: String, _ position: String) -> Void = { _, _, _ in }

    fileprivate func take(_ letter: SimulatedLetters.Letter) {
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
        pending.append(Letter(stream: letter.partition.stream, partition: letter.partition.name, position: letter.position))
    }

    func makeDurable() throws {
        if fails() { throw Failure() }
        for letter in pending { box.take(letter) }
        pending = []
    }

    /// For a mutant: throws away what it could not make durable.
    func forget() { pending = [] }
}
