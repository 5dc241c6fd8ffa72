import AWS
import EngineCore
import JSON
import Platform

/// What the Regions' tables say of the format of rows and its dictionaries, and how a dictionary comes into use in all of them.
extension TablesControl {
    /// What a Region's tables have.
    package struct RegionFormat: Sendable {
        package let region: String
        /// What its workers write with; nil: the old format.
        package let row: FormatRow?
        /// The ids of the dictionaries by table, each in ascending order; of tables that are there.
        package let dictionaries: [String: [String]]

        /// Those that one of its tables has or its row names.
        package var ids: Set<String> { Set(dictionaries.values.joined()).union([row?.dictionary].compactMap { $0 }) }
    }

    /// Cost: a read unit a Region, and for each dictionary a read unit for each 4 KB of it in each table.
    package func formats() throws -> [RegionFormat] {
        try tables.regions.map { region in
            let client = try client(region)
            let names = tables.names
            let queries = names.map {
                DynamoDB.Query($0, condition: "pk = :pk", isConsistent: true, projection: "sk") {
                    $0.attribute(":pk", DictionaryRow.partition)
                }
            }
            var found: [String: [String]] = [:]
            for (name, answer) in zip(names, client.performAll(queries)) {
                if let page = try present(answer) { found[name] = page.rows { $0.text("sk") } }
            }
            let row = try present(client.performAll([FormatRow.get(agents, region: region)])[0]) ?? nil
            return RegionFormat(region: region, row: row, dictionaries: found)
        }
    }

    /// The same of tables that must all be there.
    package func formatsOfAll() throws -> [RegionFormat] {
        let found = try formats()
        for region in found {
            guard let missing = tables.names.first(where: { region.dictionaries[$0] == nil }) else { continue }
            throw TablesError("the table \(missing) in \(region.region) is missing; run converge tables create")
        }
        return found
    }

    /// The workers that the tables of any of the Regions tell of.
    package func workers(at now: Int64 = Timestamp.now.milliseconds) throws -> LiveWorkers {
        var rows: [ReplicationWatch.Row] = []
        for region in tables.regions {
            var last: [UInt8]?
            repeat {
                guard let page = try present(client(region).performAll([CanaryRow.query(agents, after: last)])[0]) else {
                    break
                }
                rows += page.rows(CanaryRow.row)
                last = page.last
            } while last != nil
        }
        return LiveWorkers(rows, at: now)
    }

    /// Whether the Region's tables hold no entity, or are not there yet. Cost: a page of each table.
    package func areEmpty(in region: String) throws -> Bool {
        for table in tables.names {
            var last: [UInt8]?
            repeat {
                let scan = DynamoDB.Scan(table, isConsistent: true, projection: "pk", limit: 100, after: last)
                guard let page = try present(client(region).performAll([scan])[0]) else { break }
                let entities = page.rows { item in item.text("pk").flatMap { $0.hasPrefix("converge#") ? nil : $0 } }
                guard entities.isEmpty else { return false }
                last = page.last
            } while last != nil
        }
        return true
    }

    /// Brings a dictionary into use in the Regions `naming`, in the order of ``DictionaryActivation``. `isFirst`: only where a Region's row is not there
    /// yet. `report` is given the steps of each phase that went well. Throws where it cannot be told from another by what rows call it.
    package func activate(
        _ dictionary: RowDictionary, naming: [String], isFirst: Bool, found: [RegionFormat],
        report: ([DictionaryActivation.Step]) -> Void
    ) throws -> DictionaryActivation.Outcome {
        if let other = found.flatMap(\.ids).first(where: { $0 != dictionary.id && $0.hasPrefix("\(dictionary.name)") }) {
            throw TablesError(
                "the dictionary \(dictionary.id) begins like \(other), which the tables have: rows could not tell them apart; train again on another sample"
            )
        }
        var activation = DictionaryActivation(regions: tables.regions, naming: naming, tables: tables.names)
        while let steps = activation.next() {
            let failures = try tables.regions.flatMap { region in
                try take(steps.filter { $0.region == region }, of: dictionary, isFirst: isFirst)
            }
            let failed = Set(failures.map(\.step))
            report(steps.filter { !failed.contains($0) })
            activation.take(failures)
        }
        return activation.outcome ?? .done(named: [])
    }

    /// Takes steps of one Region and one phase.
    private func take(
        _ steps: [DictionaryActivation.Step], of dictionary: RowDictionary, isFirst: Bool
    ) throws -> [DictionaryActivation.Failure] {
        guard let first = steps.first else { return [] }
        let client = try client(first.region)
        switch first.action {
        case .put:
            let puts = steps.map { DictionaryRow.put(dictionary, in: $0.table) }
            return failures(of: steps, client.failures(of: puts)) { $0.dynamoDB == .conditionFailed }
        case .readBack:
            let answers = client.performAll(steps.map { get(dictionary.id, from: $0.table) })
            return zip(steps, answers).compactMap { step, answer in
                switch answer {
                case .success(let found?) where found.id == dictionary.id: nil
                case .success: .init(step, "\(step.table) in \(step.region) does not give the dictionary back")
                case .failure(let error): .init(step, "\(step.region): \(error)")
                }
            }
        case .name:
            let row = FormatRow(format: FormatRow.newest, dictionary: dictionary.id)
            let puts = steps.map { row.put(in: $0.table, region: $0.region, isFirst: isFirst) }
            return failures(of: steps, client.failures(of: puts)) { _ in false }
        }
    }

    private func failures(
        of steps: [DictionaryActivation.Step], _ errors: [AWSError?], except isFine: (AWSError) -> Bool
    ) -> [DictionaryActivation.Failure] {
        zip(steps, errors).compactMap { step, error in
            guard let error, !isFine(error) else { return nil }
            return .init(
                step,
                error.dynamoDB == .conditionFailed
                    ? "\(step.region) names another dictionary by now" : "\(step.region): \(error)")
        }
    }

    /// In how many Regions each write is paid: in every one that a global table is in.
    package func replicaCount() throws -> Int {
        var found = TablesFound()
        try look(tables.regions[0], [agents], into: &found)
        return (found[tables.regions[0], agents]?.replicas.count ?? 0) + 1
    }

    /// What a table lacks of the dictionaries that any of them has, or a Region names.
    package func dictionaryDifferences(_ found: [RegionFormat]) -> [TableDifference] {
        let ids = found.reduce(into: Set<String>()) { $0.formUnion($1.ids) }
        let held = found.reduce(into: Set<String>()) { $0.formUnion($1.dictionaries.values.joined()) }
        return found.flatMap { region in
            tables.names.flatMap { table in
                ids.sorted().filter { region.dictionaries[table]?.contains($0) == false }.map { id in
                    TableDifference(
                        table, region.region, "dictionary", found: "missing", needed: id,
                        advice: held.contains(id) ? "create: PutItem" : "it is in no table: restore its row from a backup",
                        isMendedByCreate: held.contains(id))
                }
            }
        }
    }

    /// The dictionary with this id, from the first table that has it.
    package func dictionary(_ id: String, found: [RegionFormat]) throws -> RowDictionary? {
        for region in found {
            for table in tables.names where region.dictionaries[table]?.contains(id) == true {
                if let dictionary = try client(region.region).perform(get(id, from: table)) { return dictionary }
            }
        }
        return nil
    }

    /// Puts every dictionary that one of the tables has into those that lack it. How many puts that took.
    package func completeDictionaries(_ found: [RegionFormat]) throws -> Int {
        let ids = found.reduce(into: Set<String>()) { $0.formUnion($1.dictionaries.values.joined()) }
        var count = 0
        for id in ids.sorted() {
            let lacking = found.flatMap { region in
                tables.names.filter { region.dictionaries[$0]?.contains(id) == false }.map {
                    DictionaryActivation.Step(action: .put, region: region.region, table: $0)
                }
            }
            guard !lacking.isEmpty, let dictionary = try dictionary(id, found: found) else { continue }
            for region in tables.regions {
                let steps = lacking.filter { $0.region == region }
                if let failure = try take(steps, of: dictionary, isFirst: false).first { throw TablesError(failure.why) }
                count += steps.count
            }
        }
        return count
    }

    var agents: String { DynamoDBStore.table(.agent, prefix: tables.prefix) }

    private func get(_ id: String, from table: String) -> DynamoDB.GetItem<RowDictionary> {
        DynamoDB.GetItem(table) {
            DynamoDBName.append(pk: DictionaryRow.partition, sk: id, to: &$0)
        } row: {
            DictionaryRow.dictionary($0)
        }
    }

    /// Nil where the table is missing.
    private func present<Output>(_ answer: Result<Output, AWSError>) throws(AWSError) -> Output? {
        switch answer {
        case .success(let output): return output
        case .failure(let error) where error.dynamoDB == .missing: return nil
        case .failure(let error): throw error
        }
    }
}
