import AWS
import Leases
import Platform

/// The threads that keep the leases, look the shards up, and open and close lanes.
extension KinesisSource {
    // MARK: Leases

    /// Renews, takes and steals. Nothing here waits for an answer.
    func serveLeases() {
        var random = SystemRandomNumberGenerator()
        var scannedAt: [Int: Int64] = [:]
        var sweptAt: Int64 = 0
        while !isClosing {
            let now = monotonicMilliseconds()
            let (steps, count) = state.withLock { state in
                state.figures.polledAt = now
                return (state.book.steps(now: now, &random), state.isReady ? state.streams.count : 0)
            }
            for step in steps { send(step) }
            for index in 0..<count where now - (scannedAt[index] ?? .min / 2) >= KinesisSource.scanMilliseconds {
                scannedAt[index] = now
                scan(index)
            }
            queueCommits(isForced: false)
            pump()
            if now - sweptAt >= 1_000 {
                sweptAt = now
                sweep()
            }
            leaseBell.wait(milliseconds: 100)
        }
    }

    private func scan(_ index: Int) {
        let sent = monotonicMilliseconds()
        let table = state.withLock { $0.streams[index].table }
        table.scan { [self] result in
            switch result {
            case .success(let leases):
                // Nothing is taken on the strength of such a table: whoever came first goes on undisturbed.
                if let own = settings.tables, let other = leases.lazy.compactMap(\.tables).first(where: { $0 != own }) {
                    return fail(KinesisError.otherTables(leaseTable: table.name, found: other, own: own))
                }
                state.withLock { state in
                    state.figures.isCutOff = false
                    state.figures.scans[index]?.answered(behind: nil, at: sent)
                    absorb(state.book.scanned(index, leases, sent: sent, now: monotonicMilliseconds()), &state)
                }
                ringAll()
            case .failure(let error):
                state.withLock { $0.figures.scans[index]?.failed(error) }
                trouble(error, leases: table.name)
            }
        }
    }

    /// Sends a write whose answer comes later.
    func send(_ step: LeaseBook.Step) {
        let sent = monotonicMilliseconds()
        let stream = state.withLock { $0.streams[step.key.stream] }
        var write = step.write
        if write.action == .create, write.lease.checkpoint == .latest {
            write.lease.begun = stream.api.control.serviceTime.milliseconds
        }
        stream.table.write(write) { [self] outcome, error in
            let finished = state.withLock { state -> [PendingCommit] in
                let changes = state.book.answered(step, outcome, sent: sent, now: monotonicMilliseconds())
                if case .done = outcome {
                    switch step.write.action {
                    case .take: state.figures.taken += 1
                    case .steal: state.figures.stolen += 1
                    default: break
                    }
                }
                absorb(changes, &state)
                if step.write.action == .evict, let error, error.isForGood { state.kept.insert(step.key) }
                return settleCommit(step, outcome, error, changes, &state)
            }
            for commit in finished { commit.round?.settled(error) }
            if let error { trouble(error, leases: stream.table.name) }
            ringAll()
            pump()
        }
    }

    private func ringAll() {
        for bell in [leaseBell, laneBell, listBell, stopBell] { bell.ring() }
    }

    /// `leases`: the lease table that it is about, if it is.
    private func trouble(_ error: AWSError, leases: String? = nil) {
        switch error.cause {
        case .noAnswer, .noCredentials, .tooLate: state.withLock { $0.figures.isCutOff = true }
        case .refused, .unreadable: break
        }
        tell(
            .trouble(
                code: error.code.isEmpty ? "\(error.errorClass)" : error.code,
                reason: (leases.map { "lease table \($0): " } ?? "") + "\(error)"))
    }

    /// Takes changes in: what is lost is neither read nor committed from here on.
    private func absorb(_ changes: [LeaseBook.Change], _ state: inout State) {
        for change in changes {
            if case .lost(let key, _, _) = change {
                state.figures.lost += 1
                if let index = state.laneOf.removeValue(forKey: key) { _ = state.queue.handleRevoked(index) }
            }
        }
        state.changes += changes
    }

    /// Gives the leases up, so that others take them at once. What fails is tried again, twice a second, until the time is over.
    func releaseLeases(until deadline: Int64) {
        var sentAt: [LeaseBook.Key: Int64] = [:]
        while true {
            let now = monotonicMilliseconds()
            let (steps, isOver) = state.withLock { state in
                let held = state.book.heldKeys.filter { !state.kept.contains($0) }
                let due = held.filter { now - (sentAt[$0] ?? .min / 2) >= 500 }
                return (due.compactMap { state.book.begin(.evict, $0) }, held.isEmpty)
            }
            for step in steps {
                sentAt[step.key] = now
                send(step)
            }
            if isOver || now >= deadline { break }
            stopBell.wait(milliseconds: 50)
        }
        tellOfReleases()
    }

    /// Of those that were lost meanwhile, too: nobody else is there any more to tell of them.
    private func tellOfReleases() {
        let events = state.withLock { state in
            state.lanes.values.sorted { $0.index < $1.index }.compactMap { lane -> KinesisEvent? in
                guard state.laneOf[lane.key] == lane.index else {
                    let lease = state.book.streams[lane.key.stream].rows[lane.key.shard]?.lease
                    return .lost(lane.partition, to: lease?.owner, isDeleted: lease == nil)
                }
                guard !state.book.isHeld(lane.key) else { return nil }
                let isSettled = state.status[lane.index].map { $0.position == $0.durable } ?? false
                return .released(lane.partition, isSettled: isSettled)
            }
        }
        for event in events { tell(event) }
    }

    // MARK: Shards

    /// Finds the streams, then looks their shards up whenever they are due.
    func serveLists() {
        guard setUp() else { return }
        while !isClosing {
            let due = state.withLock { $0.book.takeListsDue(now: monotonicMilliseconds()) }
            for index in due { list(index) }
            listBell.wait(milliseconds: 500)
        }
    }

    /// False where the source is stopped, or where there is no use in trying again.
    private func setUp() -> Bool {
        while !isClosing {
            do {
                let streams = try findStreams()
                guard !isClosing else { return false }
                state.withLock { state in
                    for _ in streams { _ = state.book.addStream() }
                    state.streams = streams
                    let asked = LastAnswer(began: monotonicMilliseconds())
                    for index in streams.indices { (state.figures.scans[index], state.figures.lists[index]) = (asked, asked) }
                    state.figures.setUp = nil
                    state.isReady = true
                }
                leaseBell.ring()
                return true
            } catch let error as AWSError where error.errorClass != .permanent || error.refusal == nil {
                state.withLock { state in
                    state.figures.setUp = state.figures.setUp ?? LastAnswer(began: monotonicMilliseconds())
                    state.figures.setUp?.failed(error)
                }
                trouble(error)
                listBell.wait(milliseconds: 1_000)
            } catch let error as AWSError {
                fail(KinesisError.refused(reason: "\(error)"))
                return false
            } catch {
                fail(error)
                return false
            }
        }
        return false
    }

    private func list(_ index: Int) {
        let sent = monotonicMilliseconds()
        let stream = state.withLock { $0.streams[index] }
        do throws(AWSError) {
            let shards = try stream.api.listShards(stream.stream)
            state.withLock { state in
                state.figures.lists[index]?.answered(behind: nil, at: sent)
                state.book.listed(index, shards, sent: sent, now: monotonicMilliseconds())
            }
            leaseBell.ring()
        } catch {
            trouble(error)
            state.withLock { state in
                state.figures.lists[index]?.failed(error)
                state.book.wantList(index)
            }
            if !isClosing { listBell.wait(milliseconds: 1_000) }
        }
    }
}

extension LastAnswer {
    fileprivate mutating func failed(_ error: AWSError) {
        failed("\(error)", isFinal: error.isForGood, at: monotonicMilliseconds())
    }
}

extension AWSError {
    /// The service refuses it, and will again.
    fileprivate var isForGood: Bool { refusal != nil && errorClass == .permanent }
}
