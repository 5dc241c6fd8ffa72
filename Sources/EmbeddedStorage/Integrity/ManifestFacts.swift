/// What a manifest says of a database: the sum of its edits (`db/version_edit.h` of RocksDB 7.8).
struct ManifestFacts {
    /// Bytes of the table files that are part of the state, by number.
    private(set) var tables: [UInt64: UInt64] = [:]
    /// The first write-ahead log that is not wholly in table files; 0 where none was begun.
    private(set) var firstLog: UInt64 = 0
    /// The number of the newest write that it knows of.
    private(set) var sequence: UInt64 = 0
    /// False where an edit holds what this program does not know: the facts are then not complete, and nothing can be concluded.
    private(set) var isUnderstood = true

    /// Takes in a record of the manifest. Throws what is wrong with it.
    mutating func apply(_ record: [UInt8]) throws(Malformed) {
        var edit = Edit(bytes: record)
        while isUnderstood, !edit.isAtEnd { try applyField(&edit) }
    }

    private mutating func applyField(_ edit: inout Edit) throws(Malformed) {
        switch try edit.number() {
        // Comparator, family to add, and what RocksDB marks as safe to pass over.
        case 1, 201, 8193, 8198, 8199, 8200: try edit.skipText()
        case 2, 10: firstLog = max(firstLog, try edit.number())
        case 4: sequence = max(sequence, try edit.number())
        // Numbers that matter to RocksDB alone: next file, previous log, families, groups.
        case 3, 9, 200, 203, 300: _ = try edit.number()
        case 5:
            _ = try edit.number()
            try edit.skipText()
        case 6:
            _ = try edit.number()
            tables[try edit.number()] = nil
        case 103: try applyTable(&edit)
        default: isUnderstood = false
        }
    }

    private mutating func applyTable(_ edit: inout Edit) throws(Malformed) {
        _ = try edit.number()
        let number = try edit.number()
        tables[number] = try edit.number()
        // The least and the greatest key, and their sequence numbers.
        try edit.skipText()
        try edit.skipText()
        _ = try edit.number()
        sequence = max(sequence, try edit.number())
        while try edit.number() != 1 { try edit.skipText() }
    }

    struct Malformed: Error {}

    private struct Edit {
        let bytes: [UInt8]
        private var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { at >= bytes.count }

        /// Seven bits a byte, the least first.
        mutating func number() throws(Malformed) -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard at < bytes.count else { throw Malformed() }
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw Malformed()
        }

        mutating func skipText() throws(Malformed) {
            let length = try number()
            guard length <= UInt64(bytes.count - at) else { throw Malformed() }
            at += Int(length)
        }
    }
}
