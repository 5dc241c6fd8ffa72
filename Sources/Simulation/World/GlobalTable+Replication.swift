/// How a write in one Region comes to the others.
///
/// By item, asynchronously, each version on its own: a destination may see them in any order
/// (docs.aws.amazon.com/prescriptive-guidance/latest/dynamodb-global-tables/overview.html). What cannot pass waits, and
/// passes when it can.
extension GlobalTable {
    /// What waits between one Region and another.
    struct Link {
        var waiting: [Delivery] = []
        /// A look at what waits is on the agenda.
        var isWatched = false
    }

    enum Delivery {
        case item(Item, slot: Int)
        case dictionary(Int)
    }

    /// Writes a row in a Region, readable there at once, and sends it to the others.
    ///
    /// Its time is the Region's clock, but never before what the item has there: that DynamoDB orders an item's writes within a
    /// Region is an assumption, without which a write there could be undone by the one before it.
    func put(_ row: TableRow, _ slot: Int, in region: Int, units: Int = 1) {
        let before = replicas[region].item(slot)
        let clock = agenda.now + clockOffset(region)
        let item = Item(row: row, time: before.map { max(clock, $0.time + 1) } ?? clock, region: region, units: units)
        assert(before.map { item.beats($0) } ?? true)
        replicas[region].set(item, slot)
        self.units.written += units
        for destination in replicas.indices where destination != region {
            travel(.item(item, slot: slot), from: region, to: destination)
        }
        tell(region, slot, before?.row, row)
    }

    /// Puts a dictionary into a Region's table, and sends it to the others. It is the same wherever it comes from.
    func put(dictionary: Int, in region: Int) {
        accept(.dictionary(dictionary), in: region)
        for destination in replicas.indices where destination != region {
            travel(.dictionary(dictionary), from: region, to: destination)
        }
    }

    func lose(_ region: Int) { replicas[region].isAway = true }

    /// What waits for the Region goes its way.
    func comeBack(_ region: Int) {
        replicas[region].isAway = false
        for other in replicas.indices where other != region {
            pass(from: region, to: other)
            pass(from: other, to: region)
        }
    }

    /// Whether an end of a link is away.
    func isSevered(_ link: Int) -> Bool {
        replicas[link / replicas.count].isAway || replicas[link % replicas.count].isAway
    }

    private func travel(_ delivery: Delivery, from source: Int, to destination: Int) {
        let isLate =
            weather.isActive(.replicationLag, in: source) || weather.isActive(.replicationLag, in: destination)
        let group = generation
        travelling += 1
        agenda.after(Int64(random.between(100, isLate ? 180_000 : 1_500))) { [self] in
            guard group == generation else { return }
            travelling -= 1
            arrive(delivery, from: source, to: destination)
        }
    }

    private func arrive(_ delivery: Delivery, from source: Int, to destination: Int) {
        let link = source * replicas.count + destination
        if isSevered(link) {
            links[link].waiting.append(delivery)
        } else if isCut(source, destination) {
            links[link].waiting.append(delivery)
            watch(from: source, to: destination)
        } else {
            accept(delivery, in: destination)
        }
    }

    private func accept(_ delivery: Delivery, in destination: Int) {
        switch delivery {
        case .item(let item, let slot):
            // Also one that comes too late to be kept.
            units.replicated += item.units
            let before = replicas[destination].item(slot)
            guard before.map({ item.beats($0) }) ?? true else { return }
            replicas[destination].set(item, slot)
            tell(destination, slot, before?.row, item.row)
        case .dictionary(let dictionary):
            if replicas[destination].dictionaries.insert(dictionary).inserted { onDictionary(destination) }
        }
    }

    private func isCut(_ source: Int, _ destination: Int) -> Bool {
        weather.isActive(.cutLink, in: source) || weather.isActive(.cutLink, in: destination)
    }

    /// Sends off what waits on a link, if it can pass.
    private func pass(from source: Int, to destination: Int) {
        let link = source * replicas.count + destination
        guard !links[link].waiting.isEmpty, !isSevered(link) else { return }
        guard !isCut(source, destination) else { return watch(from: source, to: destination) }
        let waiting = links[link].waiting
        links[link].waiting = []
        for delivery in waiting { travel(delivery, from: source, to: destination) }
    }

    /// Looks at a link again when a front that cuts it ends, and every ten seconds until then, since the weather may heal.
    private func watch(from source: Int, to destination: Int) {
        let link = source * replicas.count + destination
        guard !links[link].isWatched else { return }
        links[link].isWatched = true
        var time = agenda.now + 10_000
        for front in weather.fronts where front.fault == .cutLink && front.end > agenda.now {
            if front.region == source || front.region == destination { time = min(time, front.end) }
        }
        agenda.at(time) { [self] in
            links[link].isWatched = false
            pass(from: source, to: destination)
        }
    }
}
