import ContactCenter
import Lattice
import Platform

/// Sees everything that happens in the world and holds it against what was promised.
///
/// A *telling* is what one record tells of one entity. For every telling the witness knows in which Regions the worker's own row has
/// yet to hold it, and in which replicas nobody can read it yet. Rows only grow, which is checked, so what is covered once
/// stays covered; after a restore everything is looked at again.
final class Witness {
    private struct Telling {
        var record: Int
        var key: Int
        var entity: [UInt8]
    }

    private struct Record {
        var arrival: Int64
        /// The Region whose stream took it.
        var origin: Int
        /// The Regions whose workers read it, as bits.
        var consumers: UInt8
        /// By Region: tellings that the Region's own rows do not hold, and letters that are not durable.
        var missing: [Int32]
    }

    private struct Place: Hashable {
        var stream: String
        var partition: String
    }

    let regions: Int
    private let agenda: Agenda
    private let weather: Weather
    private let trace: Trace
    /// What was wrong; the first few.
    private(set) var violations: [String] = []
    private var tellings: [Telling] = []
    private var records: [Record] = []
    private var recordsOf: [Place: [Int]] = [:]
    private var lettersOf: [String: Int] = [:]
    private var keys: [[UInt8]: Int] = [:]
    private var keyBytes: [[UInt8]] = []
    /// By Region and key: tellings that the Region's own row has yet to hold.
    private var unwritten: [[[Int32]]]
    /// By Region and key: tellings that nobody can read there yet.
    private var unread: [[[Int32]]]
    /// By Region: records before a commit of the table that is there now.
    private var passed: [[Place: Int]]
    /// By key: the join of everything told, in the order of arrival.
    private(set) var fold: [[UInt8]] = []
    private var plan = JoinPlan()
    /// By Region and key: the join of the rows that its table refused, and of those among its dead letters.
    private var refusedRows: [[[UInt8]: [UInt8]]]
    private(set) var buriedRows: [[[UInt8]: [UInt8]]]
    private let decoder: RecordDecoder
    private let batch = MutationBatch(sliceCount: 1)
    /// Whether rows may go back now: a restore is under way.
    private var isRestoring = false
    /// Which epoch a Region's table has, as far as it has one.
    var epochOf: (Int) -> String? = { _ in nil }
    /// The row of a key and writer in a replica.
    var rowOf: (_ key: [UInt8], _ writer: Int, _ replica: Int) -> TableRow? = { _, _, _ in nil }
    /// Whether a reader in a replica can read a row.
    var canRead: (_ row: TableRow, _ replica: Int) -> Bool = { _, _ in true }
    /// Whether the table was replaced: rows may be there by then whose dictionary is not.
    private(set) var wasRestored = false
    /// By replica: keys and writers of rows that nobody can read yet.
    private var unreadable: [Int: [(key: Int, writer: Int)]] = [:]
    /// Own rows are those of this writer.
    var ownWriter: (Int) -> Int = { $0 }
    /// Lags by fault, the last one with none about.
    private(set) var lags = LagReport()

    init(regions: Int, decoder: DecoderOptions, agenda: Agenda, weather: Weather, trace: Trace) {
        self.regions = regions
        self.agenda = agenda
        self.weather = weather
        self.trace = trace
        self.decoder = RecordDecoder(options: decoder)
        unwritten = Array(repeating: [], count: regions)
        unread = Array(repeating: [], count: regions)
        passed = Array(repeating: [:], count: regions)
        refusedRows = Array(repeating: [:], count: regions)
        buriedRows = refusedRows
    }

    func violated(_ what: @autoclosure () -> String) {
        guard violations.count < 10 else { return }
        let what = what()
        violations.append(what)
        trace(.world, "is wrong: \(what)")
    }

    // MARK: - What is told

    /// A stream took a record; `ordinal` from 1. `consumers`: the Regions whose workers read that stream.
    func delivered(_ bytes: [UInt8], stream: String, partition: String, ordinal: Int, origin: Int, consumers: [Int]) {
        let number = records.count
        batch.removeAll()
        bytes.withUnsafeBytes {
            decoder.decode($0, arrival: Timestamp(milliseconds: agenda.now), index: 0, into: batch)
        }
        var record = Record(arrival: agenda.now, origin: origin, consumers: 0, missing: Array(repeating: 0, count: regions))
        for consumer in consumers { record.consumers |= 1 << UInt8(consumer) }
        batch.forEachMutation(ofSlice: 0) { mutation in
            let key = self.key(Array(mutation.key))
            join(mutation.entity, into: key)
            let telling = Int32(tellings.count)
            tellings.append(Telling(record: number, key: key, entity: Array(mutation.entity.bytes)))
            // What is an old story may be there already.
            for consumer in consumers
            where !isHeld(mutation.entity, by: [ownWriter(consumer)], of: key, in: consumer)
                && !isBuried(mutation.entity, of: key, in: consumer)
            {
                unwritten[consumer][key].append(telling)
                record.missing[consumer] += 1
            }
            for region in 0..<regions where !isHeld(mutation.entity, by: Array(0..<regions), of: key, in: region) {
                unread[region][key].append(telling)
            }
        }
        for rejection in batch.rejections {
            let position = ([ordinal] + rejection.path).map(String.init).joined(separator: "/")
            lettersOf["\(stream)/\(partition)/\(position)"] = number
            for consumer in consumers { record.missing[consumer] += 1 }
        }
        records.append(record)
        recordsOf[Place(stream: stream, partition: partition), default: []].append(number)
    }

    private func isHeld(_ entity: EntityView, by writers: [Int], of key: Int, in region: Int) -> Bool {
        writers.contains { writer in
            rowOf(keyBytes[key], writer, region).map { row in
                row.entity.withUnsafeBytes { !plan.make(EntityView($0), entity).changed }
            } ?? false
        }
    }

    private func isBuried(_ entity: EntityView, of key: Int, in region: Int) -> Bool {
        buriedRows[region][keyBytes[key]]?.withUnsafeBytes { !plan.make(EntityView($0), entity).changed } ?? false
    }

    private func key(_ bytes: [UInt8]) -> Int {
        if let known = keys[bytes] { return known }
        let key = keyBytes.count
        keys[bytes] = key
        keyBytes.append(bytes)
        fold.append(EntityView.emptyEncoding)
        for region in 0..<regions {
            unwritten[region].append([])
            unread[region].append([])
        }
        return key
    }

    private func join(_ entity: EntityView, into key: Int) { Witness.join(entity, into: &fold[key]) }

    private static func join(_ entity: EntityView, into whole: inout [UInt8]) {
        var out = ByteBuffer(capacity: 256)
        let isChanged = whole.withUnsafeBytes { Join.join(EntityView($0), entity, into: &out).changed }
        if isChanged { whole = out.array }
    }

    // MARK: - What is stored

    /// A replica's row became another one.
    func changed(_ replica: Int, _ key: [UInt8], _ writer: Int, _ before: TableRow?, _ after: TableRow?) {
        guard !isRestoring else { return }
        let key = self.key(key)
        guard let after else { return violated("a row in \(WorldPlan.regionNames[replica]) is gone") }
        if let before, !holds(after.entity, before.entity) {
            violated(
                "a row in \(WorldPlan.regionNames[replica]) by \(WorldPlan.regionNames[writer]) goes back: \(text(of: keyBytes[key]))"
            )
        }
        if writer == ownWriter(replica) { cover(&unwritten[replica][key], by: after.entity) { settle($0, in: replica) } }
        guard canRead(after, replica) else {
            if !wasRestored {
                violated(
                    "a row of \(text(of: keyBytes[key])) is in \(WorldPlan.regionNames[replica]) before the dictionary that it was written with"
                )
            }
            return unreadable[replica, default: []].append((key, writer))
        }
        read(after, of: key, in: replica)
    }

    private func read(_ row: TableRow, of key: Int, in replica: Int) {
        cover(&unread[replica][key], by: row.entity) { telling in
            let record = records[tellings[telling].record]
            lags.add(agenda.now - record.arrival, weather.abroad(since: record.arrival))
        }
    }

    /// A dictionary came to a replica: rows may be readable by that.
    func dictionaryCame(to replica: Int) {
        guard let waiting = unreadable.removeValue(forKey: replica) else { return }
        for place in waiting {
            guard let row = rowOf(keyBytes[place.key], place.writer, replica) else { continue }
            if canRead(row, replica) {
                read(row, of: place.key, in: replica)
            } else {
                unreadable[replica, default: []].append(place)
            }
        }
    }

    private func settle(_ telling: Int, in region: Int) { records[tellings[telling].record].missing[region] -= 1 }

    private func cover(_ open: inout [Int32], by row: [UInt8], _ covered: (Int) -> Void) {
        guard !open.isEmpty else { return }
        row.withUnsafeBytes { row in
            open.removeAll { telling in
                let isHeld = tellings[Int(telling)].entity.withUnsafeBytes {
                    !plan.make(EntityView(row), EntityView($0)).changed
                }
                if isHeld { covered(Int(telling)) }
                return isHeld
            }
        }
    }

    private func holds(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
        whole.withUnsafeBytes { whole in
            part.withUnsafeBytes { !plan.make(EntityView(whole), EntityView($0)).changed }
        }
    }

    /// A dead letter is durable in a Region.
    func buried(in region: Int, stream: String, partition: String, position: String) {
        guard let record = lettersOf["\(stream)/\(partition)/\(position)"] else {
            return violated("a dead letter of \(stream)/\(partition) \(position), which does not exist")
        }
        records[record].missing[region] -= 1
    }

    /// What a row for refreshes alone adds to the one that is there may wait.
    func checkRefresh(of key: ByteView, _ before: [UInt8], _ after: EntityView) {
        guard let deferred = EntityKey(key).kind.map(DeferredFacts.of) else { return }
        before.withUnsafeBytes { before in
            guard plan.make(EntityView(before), after).changed else { return }
            if !plan.isRefresh(of: EntityView(before), mayWait: deferred.covers) {
                violated("a row of \(text(of: Array(key))) counts as refreshed, and has changed")
            }
        }
    }

    /// A Region's table will never take this row.
    func refused(in region: Int, _ key: [UInt8], _ entity: [UInt8]) {
        entity.withUnsafeBytes {
            Witness.join(EntityView($0), into: &refusedRows[region][key, default: EntityView.emptyEncoding])
        }
    }

    /// A row, or a part of one, is durable among the dead letters of a Region: as good as written, if it was refused.
    func buried(row line: [UInt8], in region: Int) {
        batch.removeAll()
        line.withUnsafeBytes { decoder.decode($0, arrival: nil, index: 0, into: batch) }
        guard batch.rejections.isEmpty, batch.eventCount == 1 else {
            return violated("a row among the dead letters cannot be replayed")
        }
        batch.forEachMutation(ofSlice: 0) { row in
            let bytes = Array(row.key)
            if !holds(refusedRows[region][bytes] ?? EntityView.emptyEncoding, Array(row.entity.bytes)) {
                violated("a dead letter of a row that was not refused: \(text(of: bytes))")
            }
            Witness.join(row.entity, into: &buriedRows[region][bytes, default: EntityView.emptyEncoding])
            coverByLetters(self.key(bytes), in: region)
        }
    }

    private func coverByLetters(_ key: Int, in region: Int) {
        guard let buried = buriedRows[region][keyBytes[key]] else { return }
        cover(&unwritten[region][key], by: buried) { settle($0, in: region) }
    }

    /// While `body` runs, tables are replaced; then everything is as if nothing had been written, save for what `rows` has.
    func restoring(_ rows: (Int) -> [(key: [UInt8], writer: Int, row: TableRow)], _ body: () -> Void) {
        isRestoring = true
        wasRestored = true
        body()
        isRestoring = false
        for region in 0..<regions {
            passed[region] = [:]
            for key in unwritten[region].indices {
                for telling in unwritten[region][key] { settle(Int(telling), in: region) }
                unwritten[region][key] = []
            }
        }
        for (number, telling) in tellings.enumerated() {
            for region in 0..<regions where records[telling.record].consumers & (1 << UInt8(region)) != 0 {
                unwritten[region][telling.key].append(Int32(number))
                records[telling.record].missing[region] += 1
            }
        }
        for region in 0..<regions {
            for row in rows(region) where row.writer == ownWriter(region) {
                cover(&unwritten[region][key(row.key)], by: row.row.entity) { settle($0, in: region) }
            }
            for key in buriedRows[region].keys { coverByLetters(self.key(key), in: region) }
        }
    }

    // MARK: - What is committed

    /// A commit was taken. It promises that every record before it is durable in the table of that epoch.
    func committed(in region: Int, stream: String, partition: String, to position: Int, ended: Bool, epoch: String) {
        guard epoch == epochOf(region) else { return }
        let place = Place(stream: stream, partition: partition)
        let numbers = recordsOf[place] ?? []
        let from = passed[region][place] ?? 0
        guard position > from || ended else { return }
        if position > numbers.count { return violated("\(stream)/\(partition) is committed past its last record") }
        if ended, position < numbers.count {
            return violated("\(stream)/\(partition) is committed as ended at \(position) of \(numbers.count)")
        }
        for ordinal in min(from, position)..<position where records[numbers[ordinal]].missing[region] > 0 {
            let what = whatIsMissing(numbers[ordinal], in: region)
            return violated(
                "\(stream)/\(partition) is committed at \(position) in \(WorldPlan.regionNames[region]), but \(what) of record \(ordinal + 1) is not durable"
            )
        }
        passed[region][place] = max(position, from)
    }

    private func whatIsMissing(_ record: Int, in region: Int) -> String {
        for key in unwritten[region].indices {
            for telling in unwritten[region][key] where tellings[Int(telling)].record == record {
                return "the update of \(text(of: keyBytes[key]))"
            }
        }
        return "a dead letter"
    }

    // MARK: - In the end

    /// The join of all tellings that came by the streams of these Regions, in ascending order of key.
    func fold(of isWanted: (Int) -> Bool) -> [(key: [UInt8], entity: [UInt8])] {
        var folds = fold
        if !(0..<regions).allSatisfy(isWanted) {
            swap(&fold, &folds)
            for key in fold.indices { fold[key] = EntityView.emptyEncoding }
            for telling in tellings where isWanted(records[telling.record].origin) {
                telling.entity.withUnsafeBytes { join(EntityView($0), into: telling.key) }
            }
            swap(&fold, &folds)
        }
        return folds.indices.filter { folds[$0].count > EntityView.emptyEncoding.count }
            .map { (keyBytes[$0], folds[$0]) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// An entity as people call it: `agent 3f2a..`.
    func text(of key: [UInt8]) -> String {
        let kind = key.first.flatMap { EntityKind(rawValue: $0)?.name } ?? "?"
        return "\(kind) \(String(decoding: key.dropFirst(), as: UTF8.self))"
    }
}
