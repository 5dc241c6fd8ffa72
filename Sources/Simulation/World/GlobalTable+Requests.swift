/// Requests to one Region's replica.
///
/// Each part of a request happens at a moment of its own between call and answer, whatever has become of the caller
/// meanwhile: the puts of a batch are atomic, the batch is not
/// (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html), and neither is a batch of reads.
extension GlobalTable {
    /// After how many milliseconds a caller gives up.
    static let timeout: Int64 = 5_000

    /// Reads the rows that this Region wrote, or the shared items, with strong consistency.
    func read(in region: Int, _ keys: [[UInt8]], _ done: @escaping (ReadAnswer) -> Void) {
        let slots = keys.map { slot($0, writer: region) }
        let isThrottled = strikesThrottle(in: region)
        var rows: [TableRow?] = Array(repeating: nil, count: slots.count)
        send(in: region, parts: slots.count) { [self] part in
            rows[part] = replicas[region].item(slots[part])?.row
        } answer: { isHeard in
            done(isHeard && !isThrottled ? .rows(rows) : .failed)
        }
    }

    /// Puts rows of a worker, each on its own condition, if it is not too large and there are units for it.
    func write(in region: Int, by worker: Int = 0, _ rows: [RowWrite], _ done: @escaping (WriteAnswer) -> Void) {
        let slots = rows.map { slot($0.key, writer: region) }
        let isRefused = refusals(of: rows.count, in: region)
        var answers: [RowAnswer] = Array(repeating: .refused, count: rows.count)
        var isShort = false
        send(in: region, parts: rows.count) { [self] part in
            guard !isRefused[part] else { return }
            answers[part] = apply(rows[part], slots[part], in: region)
            if answers[part] == .refused { isShort = true }
        } answer: { [self] isHeard in
            if isShort { ranShort(worker) }
            if isHeard { heard(worker, rows, answers) }
            done(isHeard ? .rows(answers) : .timedOut)
        }
    }

    /// Sends one request: `each` runs for every part that reaches the replica, `answer` once, with whether the caller heard
    /// the service's answer before it gave up.
    func send(
        in region: Int, parts: Int, each: @escaping (_ part: Int) -> Void, answer: @escaping (_ isHeard: Bool) -> Void
    ) {
        let journey = journey(in: region)
        guard !replicas[region].isAway else {
            after(Self.timeout) { answer(false) }
            return
        }
        var isCut = false
        for part in 0..<parts {
            after(Int64(random.between(1, journey.latency))) { [self] in
                if replicas[region].isAway { isCut = true } else { each(part) }
            }
        }
        guard let delay = journey.answer else {
            after(Self.timeout) { answer(false) }
            return
        }
        after(delay) { [self] in
            guard isCut || replicas[region].isAway else { return answer(true) }
            after(Self.timeout - delay) { answer(false) }
        }
    }

    func strikesThrottle(in region: Int) -> Bool { weather.strikes(.throttle, in: region, 0.3) }

    /// How long a request takes at the service, and when its caller hears of it; nil: too late or never.
    private func journey(in region: Int) -> (latency: Int, answer: Int64?) {
        var latency = random.between(2, 20)
        if weather.strikes(.slowTable, in: region, 0.5) { latency = random.between(1_000, 20_000) }
        var answer = latency
        if weather.strikes(.lateAnswer, in: region, 0.3) { answer += random.between(1, random.chance(0.5) ? 4_000 : 60_000) }
        let isLost = weather.strikes(.lostAnswer, in: region, 0.3)
        return (latency, isLost || answer > Self.timeout ? nil : Int64(answer))
    }

    /// Which rows of a write are refused: all when it is throttled, or a part, or none.
    private func refusals(of count: Int, in region: Int) -> [Bool] {
        if strikesThrottle(in: region) { return Array(repeating: true, count: count) }
        var isRefused = Array(repeating: false, count: count)
        if count > 0, weather.strikes(.partialWrite, in: region, 0.4) {
            for row in isRefused.indices { isRefused[row] = random.chance(0.5) }
            isRefused[random.below(count)] = true
        }
        return isRefused
    }

    /// The condition is checked here and now, against this Region's replica alone: a conditional write knows nothing of
    /// what other Regions have written and not yet sent.
    private func apply(_ write: RowWrite, _ slot: Int, in region: Int) -> RowAnswer {
        let bytes = ItemSize.bytes(key: write.key.count, entity: write.entity.count, isCompressed: write.dictionary != nil)
        if bytes > itemBytesMax[region] {
            onRefusal(region, write.key, write.entity)
            return .tooLarge
        }
        let units = ItemSize.units(bytes)
        guard takesUnits(units, in: region) else { return .refused }
        if isConditional {
            let item = replicas[region].item(slot)
            let present = item?.row.revision ?? .none
            guard present == write.expected else {
                self.units.refused += item?.units ?? 1
                return .conflict
            }
        }
        put(
            TableRow(revision: write.revision, entity: write.entity, dictionary: write.dictionary), slot, in: region,
            units: units)
        return .written(units: units)
    }

    private func after(_ delay: Int64, _ body: @escaping () -> Void) {
        requestSteps += 1
        agenda.after(delay) { [self] in
            requestSteps -= 1
            body()
        }
    }
}
