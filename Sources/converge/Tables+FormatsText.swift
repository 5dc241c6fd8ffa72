import ContactCenter
import EngineCore
import JSON
import Platform
import Storage

/// How formats, dictionaries and what they save are printed.
extension Tables {
    static func write(_ found: [TablesControl.RegionFormat], _ isJSON: Bool) {
        var table = Table(header: ["Region", "rows", "dictionary"])
        for region in found where !region.dictionaries.isEmpty {
            if isJSON {
                writeOutput(
                    jsonLine { json in
                        if let row = region.row { json.member("dictionary", row.dictionary) }
                        json.member("format", region.row?.format ?? FormatRow.old)
                        json.member("region", region.region)
                    })
            } else {
                table.add(region.region, "format \(region.row?.format ?? FormatRow.old)", region.row.map(named) ?? "-")
            }
        }
        if !isJSON, found.contains(where: { !$0.dictionaries.isEmpty }) { writeOutput(table.text) }
    }

    private static func named(_ row: FormatRow) -> String {
        row.dictionary == RowDictionary.standard.id ? "\(row.dictionary) (default)" : row.dictionary
    }

    static func write(_ workers: [LiveWorkers.Worker], _ isJSON: Bool) {
        var table = Table(header: ["Region", "worker", "reads"])
        for worker in workers {
            if isJSON {
                writeOutput(
                    jsonLine { json in
                        json.member("reads", worker.reads)
                        json.member("region", worker.region)
                        json.member("worker", worker.name)
                    })
            } else {
                table.add(worker.region, worker.name, "format \(worker.reads)")
            }
        }
        if !isJSON, !workers.isEmpty { writeOutput(table.text) }
    }

    /// A line an action and Region.
    static func write(_ steps: [DictionaryActivation.Step], _ dictionary: RowDictionary, _ isJSON: Bool) {
        var done: Set<String> = []
        for step in steps where done.insert("\(step.action) \(step.region)").inserted {
            let count = steps.count { $0.action == step.action && $0.region == step.region }
            if isJSON {
                writeOutput(
                    jsonLine { json in
                        json.member("action", word(step.action))
                        json.member("dictionary", dictionary.id)
                        json.member("region", step.region)
                        json.member("tables", Int64(count))
                    })
            } else {
                let what =
                    switch step.action {
                    case .put: "put into \(count) tables"
                    case .readBack: "read back from \(count) tables"
                    case .name: "named for new rows"
                    }
                writeOutput("\(step.region)  dictionary \(dictionary.id)  \(what)\n")
            }
        }
    }

    private static func word(_ action: DictionaryActivation.Step.Action) -> String {
        switch action {
        case .put: "put"
        case .readBack: "read-back"
        case .name: "name"
        }
    }

    static func write(_ gain: DictionaryGain, _ bill: (WriteBill, minutes: Int64)?, _ isJSON: Bool) {
        let kinds =
            EntityKind.allCases.compactMap { kind in gain.kinds[kind].map { ("\(kind.name)", $0) } } + [("all", gain.whole)]
        var table = Table(
            header: ["kind", "rows", "bytes now", "bytes then", "units now", "units then"], rightAligned: [1, 2, 3, 4, 5])
        for (name, kind) in kinds {
            func mean(_ sum: Int) -> Double { Double(sum) / Double(max(1, kind.rows)) }
            if isJSON {
                writeOutput(
                    jsonLine { json in
                        json.member("bytesNow", Int64(kind.bytesNow))
                        json.member("bytesThen", Int64(kind.bytesThen))
                        json.member("kind", name)
                        json.member("rows", Int64(kind.rows))
                        json.member("unitsNow", Int64(kind.unitsNow))
                        json.member("unitsThen", Int64(kind.unitsThen))
                    })
            } else {
                table.add(
                    name, grouped(kind.rows), grouped(Int(mean(kind.bytesNow))), grouped(Int(mean(kind.bytesThen))),
                    fixed(mean(kind.unitsNow), 2), fixed(mean(kind.unitsThen), 2))
            }
        }
        if !isJSON { writeOutput(table.text) }
        guard let (bill, minutes) = bill else {
            if !isJSON { writeOutput("what that is a month is not known yet: no worker has counted for ten minutes\n") }
            return
        }
        if isJSON {
            writeOutput(
                jsonLine { json in
                    json.member("dollarsNow", fixed(bill.dollarsNow, 2))
                    json.member("dollarsThen", fixed(bill.dollarsThen, 2))
                    json.member("unitsNow", Int64(bill.unitsNow))
                    json.member("unitsThen", Int64(bill.unitsThen))
                })
        } else {
            writeOutput(
                "a month, at the workers' rate of the last \(minutes) minutes: \(grouped(Int(bill.unitsNow))) write units now, "
                    + "\(grouped(Int(bill.unitsThen))) then; \(fixed(bill.dollarsNow, 2)) dollars now, \(fixed(bill.dollarsThen, 2)) then "
                    + "(\(WriteBill.dollarsPerMillion) a million units)\n")
        }
    }

    static func percent(_ share: Double) -> String { fixed(100 * share, 0) + " %" }
}
