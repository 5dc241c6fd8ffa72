import AWS
import ContactCenter
import EngineCore
import Platform

extension DynamoDBStore {
    /// Writes each row over the revision that it expects, many at a time. Checkpoints are the source's.
    @discardableResult
    public func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        let rows = flush.rows.flatMap { Array($0) }
        guard !rows.isEmpty else { return nil }
        touched(Set(rows.compactMap { EntityKey($0.key).kind }))
        let exchange = RowExchange(rows, self)
        let refused = try exchange.run()
        ended(refused)
        tell(ofWritten: flush.rows)
        return refused
    }

    /// What a write has come to, for the figures.
    private func ended(_ refused: RowBatch?) {
        let (entityBytes, registersBytes) = (coding.entityBytes, coding.registersBytes)
        monitor.locked {
            overtaken = Set(refused.map { $0.map(\.key.hash64) } ?? [])
            figures.writes.entityBytes = entityBytes
            figures.writes.registersBytes = registersBytes
        }
    }
}

/// The rows of one flush on their way.
///
/// Invariant (`@unchecked Sendable`): the views in `rows` are those of batches that the caller of ``run()`` holds until it returns, which is
/// after the last answer; everything else is guarded by the store's monitor.
private final class RowExchange: @unchecked Sendable {
    private let rows: [RowBatch.Row]
    private let store: DynamoDBStore
    private let item: RowItem
    /// Rows that are to be sent again: they were throttled, or refused with their readable part.
    private var again: [Int] = []
    private var bare: Set<Int> = []
    private var refused: [Int] = []
    /// Of those, why the table will never take them.
    private var refusals: [Int: String] = [:]
    private var failure: StoreError?
    private var isUnderWay = 0
    /// Rows are ready to be sent and wait for room.
    private var wantsRoom = false

    init(_ rows: [RowBatch.Row], _ store: DynamoDBStore) {
        self.rows = rows
        self.store = store
        item = RowItem(
            region: store.region, retention: store.retention, readable: store.readable, state: store.state,
            coding: store.currentCoding())
    }

    func run() throws(StoreError) -> RowBatch? {
        let deadline = monotonicMilliseconds() + store.throttledMilliseconds
        var next = 0
        while let (index, isBare) = take(&next, deadline) { send(index, isBare) }
        if let failure { throw failure }
        guard !refused.isEmpty else { return nil }
        let batch = RowBatch()
        for index in refused { batch.append(rows[index], refusal: refusals[index]) }
        return batch
    }

    /// The next row to send, once there is room, and whether it goes without its values; nil when all are answered.
    private func take(_ next: inout Int, _ deadline: Int64) -> (index: Int, isBare: Bool)? {
        store.monitor.locked {
            while true {
                if !again.isEmpty, failure != nil || monotonicMilliseconds() >= deadline {
                    refused += again
                    again.removeAll()
                }
                let hasMore = failure == nil && next < rows.count || !again.isEmpty
                if !hasMore, isUnderWay == 0 { return nil }
                if hasMore, store.sending.isFree {
                    store.sending.inFlight += 1
                    isUnderWay += 1
                    if let index = again.popLast() { return (index, bare.contains(index)) }
                    next += 1
                    return (next - 1, false)
                }
                wantsRoom = hasMore
                store.monitor.wait(until: again.isEmpty ? nil : deadline)
            }
        }
    }

    /// Whether the flush can go on: waking its thread for every answer would cost more than the answer. Under the monitor.
    private var canGoOn: Bool {
        isUnderWay == 0 || !again.isEmpty || wantsRoom && store.sending.hasRoom
    }

    private func send(_ index: Int, _ isBare: Bool) {
        let row = rows[index]
        do throws(StoreError) {
            let table = try store.table(of: row.key)
            if let put = item.put(row, table: table, isReadable: !isBare) {
                if !isBare { store.advise(row, put.body) }
                store.client.submit(put) { self.answered(index, $0) }
            } else {
                store.client.submit(try item.transaction(row, table: table)) { self.answered(index, $0) }
            }
        } catch {
            store.monitor.locked {
                store.sending.answered(throttled: false)
                isUnderWay -= 1
                refuseForGood(index, error.message)
            }
        }
    }

    /// Under the monitor.
    private func refuseForGood(_ index: Int, _ why: String) {
        refused.append(index)
        refusals[index] = why
    }

    // MARK: - Answers, on the client's thread

    /// `result`: with the write units.
    private func answered(_ index: Int, _ result: Result<Double, AWSError>) {
        let wakes = store.monitor.locked {
            isUnderWay -= 1
            var isThrottled = false
            switch result {
            case .success(let units):
                store.figures.rowsWritten += 1
                store.figures.writeUnits += units
                store.figures.writes.wrote(
                    rows[index], units: units,
                    isRetry: !store.overtaken.isEmpty && store.overtaken.contains(rows[index].key.hash64))
            case .failure(let error): isThrottled = refused(index, error)
            }
            store.sending.answered(throttled: isThrottled)
            return canGoOn
        }
        if wakes { store.monitor.broadcast() }
    }

    /// Whether it was for the rate.
    private func refused(_ index: Int, _ error: AWSError) -> Bool {
        switch RowRefusal(error) {
        case .conflict:
            store.figures.conflicts += 1
            refused.append(index)
        case .throttled:
            store.figures.throttles += 1
            again.append(index)
            return true
        // It may have been written: reading it will tell.
        case .unknown: refused.append(index)
        case .ofRow:
            // Perhaps for what the readable part holds: it can be done without.
            if error.operation == DynamoDB.PutItem.name, bare.insert(index).inserted {
                again.append(index)
            } else {
                refuseForGood(index, "cannot write \(DynamoDBName.key(rows[index].key)): \(error)")
            }
        case .ofTable: failure = failure ?? StoreError(error, prefix: store.prefix)
        }
        return false
    }
}
