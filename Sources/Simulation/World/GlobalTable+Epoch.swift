/// The epoch: what tells a worker that the table is another than the one its commits are about.
///
/// Replicas of a global table are tables with identities of their own, so each Region has an epoch row of its own. It is not
/// among the rows that are read or told of.
extension GlobalTable {
    struct EpochRow {
        /// Random; what commits carry.
        var id: String
        /// The table that it was made for.
        var identity: Int
    }

    /// The epoch of a Region's table, as the adapter to DynamoDB finds it, by up to three attempts at making one; nil: failed.
    ///
    /// The row is read before the identity, so that the answer is as new as the last request: the other way round, the old
    /// identity would match the row that came with the backup of a restore between the two.
    func epoch(in region: Int, _ done: @escaping (String?) -> Void) { epoch(in: region, attempts: 3, done) }

    private func epoch(in region: Int, attempts: Int, _ done: @escaping (String?) -> Void) {
        guard attempts > 0 else { return done(nil) }
        ask(in: region, \.epoch) { [self] row in
            guard let row else { return done(nil) }
            ask(in: region, \.identity) { [self] identity in
                guard let identity else { return done(nil) }
                if let row, row.identity == identity { return done(row.id) }
                let made = EpochRow(id: String(random.next(), radix: 16), identity: identity)
                ask(in: region, { [self] _ in replaceEpoch(row, by: made, in: region) }) { [self] isWritten in
                    guard let isWritten else { return done(nil) }
                    if isWritten { done(made.id) } else { epoch(in: region, attempts: attempts - 1, done) }
                }
            }
        }
    }

    /// The conditional put of an epoch row; false where the condition does not hold.
    private func replaceEpoch(_ expected: EpochRow?, by row: EpochRow, in region: Int) -> Bool {
        guard replicas[region].epoch?.id == expected?.id else { return false }
        replicas[region].epoch = row
        return true
    }

    /// A request of one part; nil where it is refused or its answer is not heard.
    func ask<Answer>(
        in region: Int, _ question: @escaping (Replica) -> Answer, then: @escaping (Answer?) -> Void
    ) {
        let isThrottled = strikesThrottle(in: region)
        var result: Answer?
        send(in: region, parts: isThrottled ? 0 : 1) { [self] _ in
            result = question(replicas[region])
        } answer: { isHeard in
            then(isHeard ? result : nil)
        }
    }
}

extension GlobalTable {
    /// The epoch that holds in a Region now, for who can look without asking; nil: none yet.
    func currentEpoch(of region: Int) -> String? {
        guard let row = replicas[region].epoch, row.identity == replicas[region].identity else { return nil }
        return row.id
    }
}
