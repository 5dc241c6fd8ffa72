import CZstd
import ContactCenter
import Platform

/// Makes a dictionary of rows.
///
///     var training = DictionaryTraining()
///     try reader.scan { row, key, entity in training.add(key, entity) }
///     let dictionary = try training.dictionary()
///
/// What tells of a person is left out of each row first (``RowSample``). The same rows in the same order make the same dictionary, with the same
/// version of zstd.
///
/// Bounds: ``sampleBytesMax`` of rows are kept; more than that say nothing new. Cost: some seconds of a processor for that many.
package struct DictionaryTraining: ~Copyable {
    /// Bytes of a dictionary. A larger one saves less than a hundredth more (`docs/decisions/0070-dictionaries.md`).
    package static let dictionaryBytes = 64 << 10
    package static let sampleBytesMax = 32 << 20
    /// Bytes of rows that a dictionary is worth making of: ten times its own.
    private static let sampleBytesMin = 10 * dictionaryBytes

    private var samples = ByteBuffer(capacity: 1 << 20)
    private var sizes: [Int] = []
    private var sample = RowSample()

    /// Rows that were taken.
    package var count: Int { sizes.count }
    package var isFull: Bool { samples.count >= DictionaryTraining.sampleBytesMax }

    package init() {}

    /// Takes a key and its entity's encoding; nothing where it is full.
    package mutating func add(_ key: ByteView, _ entity: ByteView) {
        guard !isFull else { return }
        let before = samples.count
        sample.append(key, entity, to: &samples)
        sizes.append(samples.count - before)
    }

    package mutating func add(_ key: [UInt8], _ entity: [UInt8]) {
        key.withUnsafeBytes { key in entity.withUnsafeBytes { add(key, $0) } }
    }

    /// Throws where there were too few rows, or nothing that they have in common.
    package func dictionary(bytes: Int = DictionaryTraining.dictionaryBytes) throws(DictionaryTrainingError) -> RowDictionary {
        guard samples.count >= DictionaryTraining.sampleBytesMin else {
            throw DictionaryTrainingError(
                "cannot train a dictionary: \(count) rows of \(samples.count) bytes in all are too few, it takes \(DictionaryTraining.sampleBytesMin) bytes; "
                    + "use the default dictionary until there are more")
        }
        var made = ByteBuffer(capacity: bytes)
        let size = ZDICT_trainFromBuffer(
            made.extend(by: bytes), bytes, samples.bytes.baseAddress, sizes, UInt32(sizes.count))
        guard ZDICT_isError(size) == 0 else {
            throw DictionaryTrainingError(
                "cannot train a dictionary of \(count) rows: \(String(cString: ZDICT_getErrorName(size))); "
                    + "use the default dictionary, or try again when there are more rows")
        }
        made.truncate(to: size)
        guard let dictionary = RowDictionary(made.array) else {
            throw DictionaryTrainingError("cannot train a dictionary: out of memory")
        }
        return dictionary
    }
}

package struct DictionaryTrainingError: Error, CustomStringConvertible, Sendable {
    package let description: String

    init(_ description: String) { self.description = description }
}
