import EngineCore

/// One stream of one Region, as Kinesis keeps them: partitions by ranges of a hash of the key, split and merged while it runs,
/// every record kept for good.
///
/// A position is the number of records of a partition before it: `Position(offset: n, ordinal: n)`.
final class StreamLog {
    static let openPartitionsMax = 8

    struct Record: Equatable {
        var bytes: [UInt8]
        /// When the broker took it, milliseconds since 1970.
        var arrival: Int64
    }

    struct Shard {
        /// `shardId-000000000003`.
        let name: String
        /// The hashes of the keys that it takes.
        let hashes: ClosedRange<UInt64>
        /// The partitions that this one came from: none, one (split) or two (merge). Their indexes are smaller.
        let parents: [Int]
        fileprivate(set) var children: [Int] = []
        fileprivate(set) var isClosed = false
        /// In order; the ordinal of a record is its place plus 1.
        fileprivate(set) var records: [Record] = []
    }

    /// What there is of a partition from some place on.
    enum Answer: Equatable {
        /// So many records, and whether the last of them is the partition's last for good.
        case records(Int, isLast: Bool)
        /// Nothing yet.
        case nothing
        /// The Region does not answer.
        case unreachable
    }

    let name: String
    /// By index, parents before children. Append-only.
    private(set) var shards: [Shard] = []
    /// Records that could not be put for want of the Region.
    private(set) var dropped = 0
    /// Records of all partitions.
    private(set) var count = 0
    /// Whether the Region answers.
    var isReachable = true {
        didSet { if isReachable, !oldValue { shards.indices.forEach(tell) } }
    }
    private var observers: [(token: Int, body: (Int) -> Void)] = []
    private var tokens = 0

    /// `partitions` is 1...8.
    init(name: String, partitions: Int) {
        self.name = name
        let count = min(max(partitions, 1), Self.openPartitionsMax)
        let width = UInt64.max / UInt64(count)
        for place in 0..<count {
            let low = place == 0 ? 0 : width * UInt64(place) + 1
            open(low...(place == count - 1 ? UInt64.max : width * UInt64(place + 1)), parents: [])
        }
    }

    /// The partitions that take records, in order of their hashes.
    var openPartitions: [Int] {
        shards.indices.filter { !shards[$0].isClosed }.sorted { shards[$0].hashes.lowerBound < shards[$1].hashes.lowerBound }
    }

    /// The partition of that name, if there is one.
    func partition(named name: String) -> Int? {
        guard let number = Int(name.suffix(12)), shards.indices.contains(number), shards[number].name == name else {
            return nil
        }
        return number
    }

    static func hash(of key: [UInt8]) -> UInt64 {
        mixed(key.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    // MARK: Writing

    /// Puts a record and says where it went; nil where the Region does not answer, and the record is lost.
    @discardableResult
    func append(key: [UInt8], bytes: [UInt8], arrival: Int64) -> (partition: Int, ordinal: Int)? {
        guard isReachable else {
            dropped += 1
            return nil
        }
        let hash = Self.hash(of: key)
        guard let partition = shards.lastIndex(where: { !$0.isClosed && $0.hashes.contains(hash) }) else {
            preconditionFailure("the open partitions do not cover all hashes")
        }
        shards[partition].records.append(Record(bytes: bytes, arrival: arrival))
        count += 1
        tell(of: partition)
        return (partition, shards[partition].records.count)
    }

    /// Closes a partition; two children share its hashes, the second from `hash` on (the middle if nil). False where that
    /// cannot be: it is closed, there are eight open ones, or the hash is not inside.
    func split(_ partition: Int, at hash: UInt64? = nil) -> Bool {
        let hashes = shards[partition].hashes
        let middle = hash ?? hashes.lowerBound + (hashes.upperBound - hashes.lowerBound) / 2 + 1
        guard isReachable, !shards[partition].isClosed, openPartitions.count < Self.openPartitionsMax,
            middle > hashes.lowerBound, middle <= hashes.upperBound
        else { return false }
        open(hashes.lowerBound...(middle - 1), parents: [partition])
        open(middle...hashes.upperBound, parents: [partition])
        close([partition])
        return true
    }

    /// Closes two open partitions whose hashes adjoin; a child takes both ranges. False where they do not.
    func merge(_ first: Int, _ second: Int) -> Bool {
        let (low, high) =
            shards[first].hashes.lowerBound < shards[second].hashes.lowerBound ? (first, second) : (second, first)
        let (below, above) = (shards[low].hashes, shards[high].hashes)
        guard isReachable, !shards[low].isClosed, !shards[high].isClosed, below.upperBound < above.lowerBound,
            below.upperBound + 1 == above.lowerBound
        else { return false }
        open(below.lowerBound...above.upperBound, parents: [low, high])
        close([low, high])
        return true
    }

    /// Splits or merges somewhere; false where neither was possible.
    @discardableResult
    func reshard(_ random: inout SeededRandom) -> Bool {
        let open = openPartitions
        let place = random.below(open.count)
        let splits = open.count == 1 || (open.count < Self.openPartitionsMax && random.chance(0.5))
        guard !splits else {
            let hashes = shards[open[place]].hashes
            let within = Double(hashes.upperBound - hashes.lowerBound) * (0.2 + 0.6 * random.unit())
            return split(open[place], at: hashes.lowerBound + UInt64(within))
        }
        let first = min(place, open.count - 2)
        return merge(open[first], open[first + 1])
    }

    private func open(_ hashes: ClosedRange<UInt64>, parents: [Int]) {
        let digits = String(shards.count)
        let zeros = String(repeating: "0", count: max(12 - digits.count, 0))
        for parent in parents { shards[parent].children.append(shards.count) }
        shards.append(Shard(name: "shardId-" + zeros + digits, hashes: hashes, parents: parents))
    }

    private func close(_ partitions: [Int]) {
        for partition in partitions { shards[partition].isClosed = true }
        // That a partition has ended is news to whoever reads it.
        for partition in partitions { tell(of: partition) }
    }

    // MARK: Reading

    /// What there is behind the first `from` records of a partition, up to `most`. A closed partition answers with its last
    /// record, or with none where all were read before.
    func look(_ partition: Int, from: Int, most: Int) -> Answer {
        guard isReachable else { return .unreachable }
        let shard = shards[partition]
        let found = min(max(shard.records.count - from, 0), most)
        let isLast = shard.isClosed && from + found >= shard.records.count
        return found > 0 || isLast ? .records(found, isLast: isLast) : .nothing
    }

    /// The record at a place, from 0.
    func record(_ partition: Int, _ place: Int) -> Record { shards[partition].records[place] }

    /// Calls `body` with a partition that may have something new. Returns a token for ``forget(_:)``.
    func observe(_ body: @escaping (Int) -> Void) -> Int {
        tokens += 1
        observers.append((tokens, body))
        return tokens
    }

    func forget(_ token: Int) { observers.removeAll { $0.token == token } }

    private func tell(of partition: Int) {
        for observer in observers { observer.body(partition) }
    }
}
