import EngineCore

/// What one worker reads of all streams that it is about. How it comes to read a partition, and to read it no more, is its subclasses'
/// to say.
///
/// Every claim is a partition of its own to the engine: it has a new index in ``partitions``, and its blocks count from 0. A
/// claim that is dropped and made anew (an expired iterator, a redelivery, another owner) has another index.
///
/// It is driven, and costs nothing while there is nothing: ``onRecords`` is called once after a poll that found nothing, when
/// there may be something.
class Consumer {
    enum Poll: Equatable {
        /// The block holds the next records.
        case records
        /// Nothing now; ``onRecords`` will be called.
        case idle
    }

    /// A claim at work.
    struct Held {
        /// Index in ``partitions``.
        let index: Int
        /// Index in ``streams``.
        let stream: Int
        /// Index of the stream's partition.
        let partition: Int
        /// Records before the next one to read.
        var place: Int
        var sequence = 0
        /// Everything was read, to the partition's end.
        var isDrained = false
        /// Gives nothing before that time.
        var silentUntil: Int64 = 0
    }

    let streams: [StreamLog]
    /// One a claim, append-only.
    private(set) var partitions: [Partition] = []
    /// What is held, in the order in which it was claimed.
    private(set) var held: [Held] = []
    let agenda: Agenda
    let weather: Weather
    /// Where the worker is: the weather over it is the consumer's.
    let region: Int
    private(set) var isClosed = false
    private var random: SeededRandom
    private var tokens: [Int] = []
    /// Idle, and to be told once.
    private var isWaiting = true
    private var hasWoken = false

    /// There is something to poll for.
    var onRecords: () -> Void = {}
    /// The claim of that index is no longer read: drop what is known of it.
    var onDrop: (Int) -> Void = { _ in }
    /// A partition is to be given up within ten seconds, in good order: what was read of the claim of that index is to be made
    /// durable and committed, and then ``release(_:)`` called.
    var onRevoke: (Int) -> Void = { _ in }
    /// Runs what an answer means, now or when a worker that stands still goes on.
    var whenRunning: (@escaping () -> Void) -> Void = { $0() }

    init(streams: [StreamLog], region: Int, agenda: Agenda, weather: Weather, seed: UInt64) {
        self.streams = streams
        self.region = region
        self.agenda = agenda
        self.weather = weather
        random = SeededRandom(seed: seed)
    }

    /// Looks at what the streams get from now on. To be called once.
    func observe() {
        for (place, stream) in streams.enumerated() {
            tokens.append(stream.observe { [weak self] partition in self?.grown(partition, of: place) })
        }
    }

    // MARK: What subclasses do

    /// How often ``heartbeat()`` is to be called, in milliseconds.
    var beatMilliseconds: Int { 3_000 }

    /// Keeps what is held, drops what was lost and claims what is there for it. A worker that does not call it loses its partitions.
    func heartbeat() {}

    /// Commits for claims, also for ones that are no longer held: whether that counts is not the worker's to say. `done` is called
    /// once, with whether the worker may go on; otherwise it is to try again.
    func commit(_ commits: [(index: Int, commit: ConsumerGroup.Commit)], _ done: @escaping (Bool) -> Void) { done(true) }

    /// Gives a claim up in good order.
    func release(_ index: Int) {}

    /// Drops a claim and makes it anew, at a place or, where that is nil, at what is committed.
    func renew(_ old: Held, at place: Int?) {}

    /// Lets go of everything.
    func leave(inGoodOrder: Bool) {}

    // MARK: Claims

    /// Stops: in good order, where everything is given up, or as a process that is killed.
    final func close(inGoodOrder: Bool) {
        guard !isClosed else { return }
        isClosed = true
        leave(inGoodOrder: inGoodOrder)
        held.removeAll()
        for (stream, token) in zip(streams, tokens) { stream.forget(token) }
    }

    /// Reads nothing more of a claim that is about to be given up.
    final func silence(_ index: Int) {
        for place in held.indices where held[place].index == index { held[place].silentUntil = .max }
    }

    /// Reads a partition from a place on; the claim's index.
    @discardableResult
    final func hold(_ partition: Int, of stream: Int, at place: Int) -> Int {
        let index = partitions.count
        partitions.append(
            Partition(source: "kinesis", stream: streams[stream].name, name: streams[stream].shards[partition].name))
        held.append(Held(index: index, stream: stream, partition: partition, place: place))
        wake()
        return index
    }

    /// Reads a claim no more, which is at its end.
    final func end(_ index: Int) { held.removeAll { $0.index == index } }

    /// Reads a claim no more, and nothing of it is to be committed.
    final func drop(_ index: Int) {
        end(index)
        onDrop(index)
    }

    // MARK: Records

    /// Fills `block` with the next records of some claim: at most `maxRecords`, and no more bytes than fit, but one at least. A
    /// seed chooses the claim. To be called until it is idle, at once or when there is room again.
    final func poll(into block: RecordBlock, maxRecords: Int) -> Poll {
        isWaiting = false
        // A claim that is made anew on the way is news for the next round.
        hasWoken = false
        // Bounded: a claim that is dropped and made anew is tried again in the next round only.
        let turns = held.map(\.index)
        let first = random.below(turns.count)
        for turn in turns.indices {
            let index = turns[(first + turn) % turns.count]
            guard let place = held.firstIndex(where: { $0.index == index }) else { continue }
            if read(place, into: block, maxRecords: maxRecords) { return .records }
        }
        isWaiting = true
        return .idle
    }

    /// Reads from the claim at a place of ``held``; false where it gives nothing.
    private func read(_ place: Int, into block: RecordBlock, maxRecords: Int) -> Bool {
        let claim = held[place]
        let stream = streams[claim.stream]
        guard !claim.isDrained, claim.silentUntil <= agenda.now,
            case .records(let found, let isLast) = stream.look(
                claim.partition, from: claim.place, most: max(maxRecords, 1))
        else { return false }
        if weather.strikes(.emptyPoll, in: region, 0.2) {
            wake(after: 200)
            return false
        }
        if weather.strikes(.stall, in: region, 0.02) {
            let silence = Int64(random.between(1_000, 60_000))
            held[place].silentUntil = agenda.now + silence
            wake(after: silence)
            return false
        }
        if weather.strikes(.expiredIterator, in: region, 0.01) {
            renew(claim, at: nil)
            return false
        }
        if weather.strikes(.redelivery, in: region, 0.01) {
            renew(claim, at: random.below(claim.place + 1))
            return false
        }
        fill(block, place, found: random.chance(0.5) ? found : random.between(min(1, found), found), isLast: isLast, of: found)
        return true
    }

    private func fill(_ block: RecordBlock, _ place: Int, found: Int, isLast: Bool, of all: Int) {
        let claim = held[place]
        let stream = streams[claim.stream]
        block.removeAll()
        var taken = 0
        while taken < found {
            let record = stream.record(claim.partition, claim.place + taken)
            guard taken == 0 || block.text.count + record.bytes.count <= block.text.capacity else { break }
            let offset = block.text.count
            record.bytes.withUnsafeBytes { block.text.append($0) }
            taken += 1
            block.records.append(
                RecordBlock.Record(
                    offset: offset, length: record.bytes.count, ordinal: claim.place + taken,
                    arrival: .init(milliseconds: record.arrival)))
        }
        held[place].place += taken
        held[place].sequence += 1
        held[place].isDrained = isLast && taken == all
        block.partition = claim.index
        block.sequence = claim.sequence
        block.end = Position(offset: held[place].place, ordinal: held[place].place)
        block.isLast = held[place].isDrained
    }

    // MARK: Waking

    private func grown(_ partition: Int, of stream: Int) {
        guard isWaiting, !hasWoken else { return }
        let now = agenda.now
        let isMine = held.contains {
            $0.stream == stream && $0.partition == partition && !$0.isDrained && $0.silentUntil <= now
        }
        if isMine { wake() }
    }

    final func wake(after delay: Int64 = 0) {
        guard delay == 0 else {
            agenda.after(delay) { [weak self] in self?.wake() }
            return
        }
        guard !hasWoken, !isClosed else { return }
        hasWoken = true
        agenda.after(0) { [weak self] in
            guard let self, isWaiting, !isClosed else { return }
            isWaiting = false
            onRecords()
        }
    }
}
