import AWS
import ContactCenter
import EngineCore
import Platform
import Storage
import Worker

/// Which format and dictionary rows are written with, and the commands that change it.
extension Tables {
    static let trainedRowsOfKind = 2000
    /// Of a look, which is to cost little.
    private static let checkedRowsOfKind = 400

    // MARK: - create

    /// New tables begin with the newest format; tables that lack a dictionary get it.
    static func beginFormat(_ control: TablesControl, _ options: Options, _ isJSON: Bool) throws -> Int32 {
        let found = try control.formats()
        let isDry = options.isSet("dry-run")
        if !isDry, try control.completeDictionaries(found) > 0 {
            writeError("dictionaries of rows were put into the tables that lacked them\n")
        }
        let new = try found.filter { try $0.row == nil && control.areEmpty(in: $0.region) }.map(\.region)
        let newest = FormatRow.newest
        guard !new.isEmpty, try control.workers().objections(to: newest, in: control.tables.regions).isEmpty else { return 0 }
        let dictionary = try inUse(control, found) ?? .standard
        return try activate(dictionary, naming: new, isFirst: true, control, found, isDry: isDry, isJSON, verb: "create")
    }

    // MARK: - upgrade

    static func upgrade(_ control: TablesControl, _ options: Options, _ isJSON: Bool) throws -> Int32 {
        let found = try control.formatsOfAll()
        let naming = found.filter { $0.row.map { $0.format < FormatRow.newest } ?? true }.map(\.region)
        guard !naming.isEmpty else {
            write(found, isJSON)
            writeError("rows are written in format \(FormatRow.newest) in every Region\n")
            return 0
        }
        guard try isReadable(control, options, isJSON, "upgrade") else { return 1 }
        let dictionary = try inUse(control, found) ?? .standard
        return try activate(
            dictionary, naming: naming, isFirst: true, control, found, isDry: options.isSet("dry-run"), isJSON, verb: "upgrade")
    }

    // MARK: - train

    static func train(_ control: TablesControl, _ options: Options, _ isJSON: Bool) throws -> Int32 {
        let rowsOfKind = try options.integer("sample", in: 100...20_000) ?? trainedRowsOfKind
        let found = try control.formatsOfAll()
        guard try isReadable(control, options, isJSON, "train") else { return 1 }
        let sample = try control.sample(rowsOfKind: rowsOfKind)
        let (dictionary, gain) = try candidate(control, found, sample)
        write(gain, try bill(gain, control), isJSON)
        let whole = gain.whole
        writeError(
            "measured on \(grouped(whole.rows)) of \(grouped(sample.rows.count)) sampled rows, which it was not trained on"
                + (sample.unreadable > 0 ? "; \(grouped(sample.unreadable)) rows could not be read\n" : "\n"))
        guard whole.bytesThen < whole.bytesNow else {
            writeError("converge tables train: rows would not be smaller; the present dictionary stays\n")
            return 0
        }
        return try activate(
            dictionary, naming: control.tables.regions, isFirst: false, control, found, isDry: options.isSet("dry-run"), isJSON,
            verb: "train")
    }

    /// A dictionary trained on most of the sample, and what it saves of the rest.
    private static func candidate(
        _ control: TablesControl, _ found: [TablesControl.RegionFormat], _ sample: SampledRows
    ) throws -> (RowDictionary, DictionaryGain) {
        let (trained, measured) = sample.parts
        var training = DictionaryTraining()
        for row in trained { training.add(row.key, row.entity) }
        let dictionary = try training.dictionary()
        return (dictionary, DictionaryGain(measured, present: try inUse(control, found), candidate: dictionary))
    }

    private static func bill(_ gain: DictionaryGain, _ control: TablesControl) throws -> (WriteBill, minutes: Int64)? {
        let workers = try control.workers()
        let rates = workers.unitsPerSecond
        guard rates.contains(where: { $0.value > 0 }) else { return nil }
        return (gain.bill(rates, replicas: try control.replicaCount()), workers.countedMinutes)
    }

    // MARK: - check

    /// What could be found, and why it could not.
    static func formatsFound(_ control: TablesControl) throws -> (found: [TablesControl.RegionFormat], warnings: [String]) {
        do {
            let found = try control.formats()
            var warnings = found.filter { $0.row == nil && !$0.dictionaries.isEmpty }.map {
                "\($0.region) writes rows in the old format, which takes several times as much room: converge tables upgrade"
            }
            if Set(found.compactMap { $0.row?.dictionary }).count > 1 {
                warnings.append(
                    "Regions write with different dictionaries, which costs nothing but memory; converge tables train makes them one"
                )
            }
            return (found, warnings)
        } catch let error as AWSError where error.refusal != nil {
            return ([], ["the format of rows was not looked at: \(error)"])
        }
    }

    /// What a new dictionary would save, where that is worth it.
    static func gainWarnings(_ control: TablesControl, _ found: [TablesControl.RegionFormat]) throws -> [String] {
        guard found.contains(where: { $0.row != nil }) else { return [] }
        do {
            let (_, gain) = try candidate(control, found, control.sample(rowsOfKind: checkedRowsOfKind))
            let whole = gain.whole
            let saving = whole.unitsNow > 0 ? 1 - Double(whole.unitsThen) / Double(whole.unitsNow) : 0
            guard saving >= DictionaryAdvice.savingMin else { return [] }
            var text =
                "\(grouped(whole.overNow)) of \(grouped(whole.rows)) sampled rows are over 1 KB; a dictionary trained on these tables would bring "
                + "\(grouped(whole.broughtUnder)) of them under it and take \(percent(saving)) fewer write units"
            if let (bill, _) = try bill(gain, control) {
                text +=
                    ", about \(fixed(bill.dollarsNow - bill.dollarsThen, 2)) dollars a month less at the workers' present rate"
            }
            return [text + ": converge tables train (measured on at most \(grouped(checkedRowsOfKind)) rows a kind)"]
        } catch let error as AWSError where error.refusal != nil {
            return ["what a new dictionary would save was not looked at: \(error)"]
        } catch is DictionaryTrainingError {
            return []
        }
    }

    // MARK: - What they share

    /// The dictionary that Regions write with.
    private static func inUse(_ control: TablesControl, _ found: [TablesControl.RegionFormat]) throws -> RowDictionary? {
        for row in found.compactMap(\.row) {
            if let dictionary = try control.dictionary(row.dictionary, found: found) { return dictionary }
        }
        return nil
    }

    /// Whether every worker of every Region reads the newest format; prints which do not.
    private static func isReadable(
        _ control: TablesControl, _ options: Options, _ isJSON: Bool, _ verb: String
    ) throws -> Bool {
        let workers = try control.workers()
        write(workers.workers, isJSON)
        let objections = workers.objections(to: FormatRow.newest, in: control.tables.regions)
        for objection in objections { writeError("converge tables \(verb): \(printable(objection))\n") }
        guard objections.isEmpty else { return false }
        let silent = workers.silent(of: control.tables.regions)
        guard silent.isEmpty || options.isGiven("yes") else {
            writeError(
                "converge tables \(verb): no worker of \(silent.joined(separator: ", ")) reports what it reads (record processors of the Kinesis Client Library "
                    + "never do): run the newest program everywhere, then confirm with --yes\n")
            return false
        }
        return true
    }

    private static func activate(
        _ dictionary: RowDictionary, naming: [String], isFirst: Bool, _ control: TablesControl,
        _ found: [TablesControl.RegionFormat], isDry: Bool, _ isJSON: Bool, verb: String
    ) throws -> Int32 {
        if isDry {
            var planned = DictionaryActivation(regions: control.tables.regions, naming: naming, tables: control.tables.names)
            while let steps = planned.next() {
                write(steps, dictionary, isJSON)
                planned.take([])
            }
            return 0
        }
        let outcome = try control.activate(dictionary, naming: naming, isFirst: isFirst, found: found) {
            write($0, dictionary, isJSON)
        }
        switch outcome {
        case .done: return 0
        case .refused(let failures):
            tell(failures, verb)
            writeError(
                "converge tables \(verb): no Region writes with the dictionary \(dictionary.id) yet; run this command again\n")
        case .partly(let named, let failures):
            tell(failures, verb)
            writeError(
                "converge tables \(verb): \(named.joined(separator: ", ")) writes with the dictionary \(dictionary.id), which every Region can read; "
                    + "run this command again for the others\n")
        }
        return 1
    }

    private static func tell(_ failures: [DictionaryActivation.Failure], _ verb: String) {
        for failure in failures { writeError("converge tables \(verb): \(printable(failure.why))\n") }
    }
}
