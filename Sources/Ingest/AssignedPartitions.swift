import EngineCore

/// The partitions of a source as they are assigned and go, by an index that is never used again.
///
/// Bounds: those that are assigned, and those that were and are not forgotten yet (``Source/forget(partition:)``). Cost: a look-up in a
/// hash table.
struct AssignedPartitions {
    struct Entry {
        var partition: Partition
        /// What its checkpoints carry.
        var identity = ""
    }

    private var entries: [Int: Entry] = [:]
    /// How many were ever assigned: the index of the next one.
    private(set) var total = 0

    /// How many are not forgotten.
    var count: Int { entries.count }

    /// Returns the index of a new assignment.
    mutating func assign(_ partition: Partition, identity: String = "") -> Int {
        entries[total] = Entry(partition: partition, identity: identity)
        total += 1
        return total - 1
    }

    /// Of an index that was assigned and is not forgotten.
    subscript(index: Int) -> Entry {
        guard let entry = entries[index] else { preconditionFailure("partition \(index) is asked for and forgotten") }
        return entry
    }

    mutating func forget(_ index: Int) { entries[index] = nil }
}
