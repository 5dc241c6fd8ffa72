/// What a row takes as an item of the table, as DynamoDB counts it
/// (docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html): names and values of its attributes.
///
/// A model, so that a seed costs no compression: an item without a readable part. Registers are the encoding as it is, or what `docs/decisions/0070-dictionaries.md`
/// has measured that a dictionary leaves of it on average.
enum ItemSize {
    /// What DynamoDB takes at most.
    static let bytesMax = 400 << 10
    /// Names of key, revision and registers, the kind's name in the key, the Region, and the revision as text.
    static let overhead = 56

    static func bytes(key: Int, entity: Int, isCompressed: Bool) -> Int {
        // The format's byte, and eight of the dictionary's id.
        overhead + key + (isCompressed ? 9 + min(entity, 200 + entity / 7) : 1 + entity)
    }

    /// Write units of an item.
    static func units(_ bytes: Int) -> Int { max(1, (bytes + 1023) / 1024) }
}
