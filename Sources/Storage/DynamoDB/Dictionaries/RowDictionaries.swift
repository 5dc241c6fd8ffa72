import AWS
import ContactCenter
import EngineCore
import Platform
import Synchronization

/// The dictionaries that a Region's rows are read with: the program's own, those that were read before, and, of a row that names another one, what
/// the tables have. Safe from any thread.
///
/// Bounds: ``knownMax`` are kept, those that were used last; one that is in no table is looked for again after ``absentMilliseconds``.
package final class RowDictionaries: Sendable {
    static let knownMax = 64
    static let absentMilliseconds: Int64 = 1_000

    private struct State {
        var known: [RowDictionaryName: (dictionary: RowDictionary, usedAt: UInt64)] = [:]
        /// When it was last looked for in vain.
        var absent: [RowDictionaryName: Int64] = [:]
        var uses: UInt64 = 0
    }

    /// Nil: none is looked for.
    private let tables: (client: ServiceClient, prefix: String)?
    private let state = Mutex(State())

    /// Those of the tables of a prefix.
    init(_ client: ServiceClient, prefix: String) {
        tables = (client, prefix)
        keep(.standard)
    }

    /// These alone, for rows that are not in tables.
    package init(_ dictionaries: [RowDictionary] = []) {
        tables = nil
        for dictionary in dictionaries { keep(dictionary) }
    }

    /// The dictionary that a row of `table` names; nil where no table of the Region has it. Throws where they cannot be asked.
    /// Cost: a lock; where it is not known, a query, and then one for each of the other tables.
    func find(_ name: RowDictionaryName, for table: String) throws(StoreError) -> RowDictionary? {
        let now = monotonicMilliseconds()
        let (known, isAbsent) = state.withLock { state in
            state.uses += 1
            state.known[name]?.usedAt = state.uses
            return (
                state.known[name]?.dictionary, state.absent[name].map { now - $0 < RowDictionaries.absentMilliseconds } ?? false
            )
        }
        if let known { return known }
        guard let tables, !isAbsent else { return nil }
        let others = EntityKind.allCases.map { DynamoDBStore.table($0, prefix: tables.prefix) }.filter { $0 != table }
        for tables in [[table], others] {
            if let found = try ask(tables, "\(name)") {
                keep(found)
                return found
            }
        }
        state.withLock { state in
            if state.absent.count >= RowDictionaries.knownMax { state.absent.removeAll() }
            state.absent[name] = now
        }
        return nil
    }

    /// The dictionary with this id as the agents' table has it, whether it is known or not; nil where it does not. For whoever writes with it: others
    /// have to find it there.
    func fetch(id: String) throws(StoreError) -> RowDictionary? {
        guard let tables, let found = try ask([DynamoDBStore.table(.agent, prefix: tables.prefix)], id) else { return nil }
        keep(found)
        return found
    }

    /// Those that were found so far, in order of id.
    var known: [RowDictionary] {
        state.withLock { $0.known.values.map(\.dictionary).sorted { $0.id < $1.id } }
    }

    private func keep(_ dictionary: RowDictionary) {
        state.withLock { state in
            state.absent[dictionary.name] = nil
            state.uses += 1
            state.known[dictionary.name] = (dictionary, state.uses)
            guard state.known.count > RowDictionaries.knownMax,
                let oldest = state.known.min(by: { $0.value.usedAt < $1.value.usedAt })
            else { return }
            state.known[oldest.key] = nil
        }
    }

    /// The first that is whole; a row whose bytes are not those of its id is none.
    private func ask(_ names: [String], _ id: String) throws(StoreError) -> RowDictionary? {
        guard let tables else { return nil }
        for (name, result) in zip(names, tables.client.performAll(names.map { DictionaryRow.query($0, idBeginning: id) })) {
            do throws(AWSError) {
                if let found = try result.get().rows(DictionaryRow.dictionary).first { return found }
            } catch {
                if error.isMissing(aliasesOf: tables.prefix, name) { continue }
                throw StoreError(error, prefix: tables.prefix)
            }
        }
        return nil
    }
}
