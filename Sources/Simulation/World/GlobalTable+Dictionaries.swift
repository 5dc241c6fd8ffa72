/// Dictionaries that rows are compressed with: rows of the table like others, of which only what is in them matters here.
extension GlobalTable {
    /// What came of a question for the dictionary to write with.
    enum NamedAnswer: Equatable {
        case failed
        /// Nil: none, or one that the table does not have.
        case dictionary(Int?)
    }

    func put(dictionary: Int, in region: Int, _ done: @escaping (_ isDone: Bool) -> Void) {
        ask(in: region, { [self] _ in put(dictionary: dictionary, in: region) }) { done($0 != nil) }
    }

    func readBack(dictionary: Int, in region: Int, _ done: @escaping (_ isThere: Bool) -> Void) {
        ask(in: region, { $0.dictionaries.contains(dictionary) }) { done($0 ?? false) }
    }

    func name(dictionary: Int, in region: Int, _ done: @escaping (_ isDone: Bool) -> Void) {
        ask(in: region, { [self] _ in set(named: dictionary, in: region) }) { done($0 != nil) }
    }

    private func set(named dictionary: Int, in region: Int) {
        replicas[region].named = dictionary
        onNamed(dictionary, region)
    }

    func named(in region: Int, _ done: @escaping (NamedAnswer) -> Void) {
        ask(in: region, { replica in replica.named.flatMap { replica.dictionaries.contains($0) ? $0 : nil } }) { answer in
            done(answer.map { .dictionary($0) } ?? .failed)
        }
    }

    /// Whether a reader in the Region can read the row.
    func canRead(_ row: TableRow, in region: Int) -> Bool {
        row.dictionary.map { replicas[region].dictionaries.contains($0) } ?? true
    }
}
