/// A DynamoDB global table as its clients in several Regions see it: a replica a Region, requests that fail in every way
/// they can, replication that is late, out of order, or cut off.
///
/// Its consistency is what AWS calls multi-Region eventual: requests concern the replica of one Region alone, and the
/// replicas settle conflicts by item, last writer wins
/// (docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
///
/// A run holds every row version at most once in a replica, once in each backup and once on each link.
final class GlobalTable {
    enum Design {
        /// The sort key is the writing Region, writes are conditional: what Converge does.
        case rowPerRegion
        /// One item an entity, which all Regions put unconditionally: what most stream functions do. Its writer counts as 0
        /// wherever one is asked for or told.
        case itemPerEntity
    }

    /// One version of an item, with what decides between it and another.
    struct Item {
        var row: TableRow
        /// The clock of the Region that wrote it, in milliseconds.
        var time: Int64
        var region: Int
        /// Write units that it takes in each replica.
        var units: Int

        func beats(_ other: Item) -> Bool { time > other.time || (time == other.time && region > other.region) }
    }

    /// What one Region holds.
    struct Replica {
        /// By slot; may end before the last slot.
        var items: [Item?] = []
        /// `TableId` of DescribeTable: the service gives it to a table when it makes it, from a backup or from nothing
        /// (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html).
        var identity: Int
        var epoch: EpochRow?
        /// That rows here can be read with.
        var dictionaries: Set<Int> = []
        /// Which of them the Region's workers are to write with.
        var named: Int?
        /// Nothing gets in or out.
        var isAway = false

        func item(_ slot: Int) -> Item? { slot < items.count ? items[slot] : nil }

        mutating func set(_ item: Item, _ slot: Int) {
            while items.count <= slot { items.append(nil) }
            items[slot] = item
        }
    }

    /// Told of every change of every replica, at the moment it becomes readable.
    var onChange: (_ replica: Int, _ key: [UInt8], _ writer: Int, _ before: TableRow?, _ after: TableRow?) -> Void = {
        _, _, _, _, _ in
    }

    /// Told of a dictionary that came to a replica.
    var onDictionary: (_ replica: Int) -> Void = { _ in }

    /// Told of each row that is larger than the Region's table takes.
    var onRefusal: (_ replica: Int, _ key: [UInt8], _ entity: [UInt8]) -> Void = { _, _, _ in }

    /// Told of a dictionary that a Region's workers are to write with.
    var onNamed: (_ dictionary: Int, _ replica: Int) -> Void = { _, _ in }

    /// Told of a worker that goes on and on with what is throttled.
    var onHaste: (_ worker: Int) -> Void = { _ in }

    let design: Design
    /// By Region: bytes that an item may have (``ItemSize``).
    var itemBytesMax: [Int]
    /// By Region: write units that it takes in a second while units are few.
    var unitsPerSecond: [Int]
    /// By Region: the last second in which units were few, and the units taken in it.
    var budgets: [(second: Int64, used: Int)]
    /// What all puts have taken.
    var units = WrittenUnits()
    /// By worker.
    var accounts: [Int: Account] = [:]
    /// Whether puts look at their conditions.
    var isConditional: Bool
    let agenda: Agenda
    let weather: Weather
    let clockOffset: (Int) -> Int64
    var random: SeededRandom
    var replicas: [Replica]
    var backups: [Backup] = []
    /// Tables made so far, which is the identity of the newest.
    var identities: Int
    /// Goes up whenever the group of replicas is made anew.
    var generation = 0
    /// Steps of requests that are on the agenda.
    var requestSteps = 0
    /// Versions of this generation that are on their way to a replica.
    var travelling = 0
    /// From source times the number of Regions plus destination.
    var links: [Link]

    /// Keys in the order in which they were first heard of; a key's slots follow one another, one a writer.
    private var keys: [[UInt8]] = []
    private var numbers: [[UInt8]: Int] = [:]
    /// The numbers of the keys, sorted by key; behind while there are fewer than keys.
    private var sorted: [Int] = []
    private let writers: Int

    /// `clockOffset` is what a Region's clock is off by now, in milliseconds.
    init(
        regions: Int, design: Design, agenda: Agenda, weather: Weather, random: SeededRandom,
        clockOffset: @escaping (Int) -> Int64
    ) {
        precondition(regions > 0)
        self.design = design
        isConditional = design == .rowPerRegion
        self.agenda = agenda
        self.weather = weather
        self.random = random
        self.clockOffset = clockOffset
        itemBytesMax = Array(repeating: ItemSize.bytesMax, count: regions)
        unitsPerSecond = Array(repeating: .max, count: regions)
        budgets = Array(repeating: (0, 0), count: regions)
        replicas = (1...regions).map { Replica(identity: $0) }
        identities = regions
        links = Array(repeating: Link(), count: regions * regions)
        writers = design == .rowPerRegion ? regions : 1
    }

    /// No request is in flight and no version is on its way, save those that wait for a Region to come back.
    var isQuiet: Bool {
        requestSteps == 0 && travelling == 0
            && links.indices.allSatisfy { links[$0].waiting.isEmpty || isSevered($0) }
    }

    /// Everything that can be read in a replica now, sorted by key and then by writer.
    func rows(in region: Int) -> [(key: [UInt8], writer: Int, row: TableRow)] {
        slotsByKey().compactMap { slot in
            replicas[region].item(slot).map { (keys[slot / writers], slot % writers, $0.row) }
        }
    }

    func row(_ key: [UInt8], writer: Int, in replica: Int) -> TableRow? {
        guard let number = numbers[key] else { return nil }
        return replicas[replica].item(number * writers + column(of: writer))?.row
    }
}

extension GlobalTable {
    /// Where a Region writes a key.
    func slot(_ key: [UInt8], writer region: Int) -> Int {
        let number: Int
        if let known = numbers[key] {
            number = known
        } else {
            number = keys.count
            numbers[key] = number
            keys.append(key)
        }
        return number * writers + column(of: region)
    }

    /// Every slot, sorted by key and then by writer.
    func slotsByKey() -> [Int] {
        if sorted.count < keys.count {
            sorted = keys.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
        }
        return sorted.flatMap { number in (0..<writers).map { number * writers + $0 } }
    }

    /// Tells of a change of a slot.
    func tell(_ replica: Int, _ slot: Int, _ before: TableRow?, _ after: TableRow?) {
        onChange(replica, keys[slot / writers], slot % writers, before, after)
    }

    private func column(of region: Int) -> Int { design == .rowPerRegion ? region : 0 }
}
