import AWS
import JSON
import Platform
import Storage
import Worker

/// `converge tables`: the DynamoDB tables that a state lives in.
enum Tables: Subcommand {
    static let command = Command(
        "tables", usage: "create|check|train|upgrade|drop [--prefix P] [--regions R1,R2] [--replicas]",
        summary: "Creates, checks or drops the DynamoDB tables of a state; makes its rows smaller.",
        flags: [
            Flag("prefix", "NAME", "beginning of the table names (default: \(DynamoDBTables.defaultPrefix))"),
            Flag(
                "regions", "R1,R2",
                "the Regions; global tables are created in the first one (default: the Region of the environment)"),
            Flag("replicas", nil, "create global tables; without it, the Regions have separate tables"),
            Flag("sample", "N", "train: maximum number of rows of each kind that are read (default: \(trainedRowsOfKind))"),
            Flag("dry-run", nil, "create, train, upgrade, drop: print what would be done without doing it"),
            Flag(
                "yes", nil,
                "drop: confirm that the tables and their contents are deleted in all given Regions; train, upgrade: confirm that programs in Regions where no "
                    + "worker reports can read the new rows"),
            Flag("format", "table|json", "output format; json is one object per line (default: table)"),
        ],
        notes: """
            create creates missing tables and enables missing features; it can be repeated at any time. check changes nothing, fails if
            anything differs, and warns of lease tables that are global tables. Tables are on-demand, encrypted with the key aws/dynamodb,
            protected against deletion, with point-in-time recovery, TTL and a stream. The table PREFIX-feed, the log of changes, is one of its own in
            each Region, without point-in-time recovery, stream and replicas.
            upgrade makes workers write rows of the newest format, once every worker has reported that it reads it. train makes a dictionary from the
            deployment's own rows, which makes new rows smaller. Both name a dictionary only after every table of every Region has it.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1, let verb = options.operands.first,
            ["create", "check", "train", "upgrade", "drop"].contains(verb)
        else { throw UsageError("converge tables: give an action: create, check, train, upgrade or drop") }
        guard verb == "train" || !options.isGiven("sample") else {
            throw UsageError("--sample: only converge tables train takes it")
        }
        let isJSON = try options.choice("format", of: ["table", "json"]) == "json"
        let session = try AWSSession()
        let control = try TablesControl(
            tables(options, session), session: session, isPatient: verb == "create" || verb == "drop")
        switch verb {
        case "check":
            guard !options.isGiven("dry-run") else {
                throw UsageError("converge tables check: it changes nothing; omit --dry-run")
            }
            return try check(control, isJSON)
        case "train": return try train(control, options, isJSON)
        case "upgrade": return try upgrade(control, options, isJSON)
        case "create": return try carryOut(.create, control, options, isJSON)
        default: return try drop(control, options, isJSON)
        }
    }

    private static func tables(_ options: Options, _ session: AWSSession) throws -> DynamoDBTables {
        let prefix = options["prefix"] ?? DynamoDBTables.defaultPrefix
        guard DynamoDBTables.isPrefix(prefix) else {
            throw UsageError(
                "--prefix: '\(prefix)' cannot begin a table name; use at most 200 letters, digits, '_', '-' and '.'")
        }
        let regions = try options["regions"].map { $0.split(separator: ",").map(String.init) } ?? [try session.region()]
        let areReplicated = options.isSet("replicas")
        guard let tables = DynamoDBTables(prefix: prefix, regions: regions, areReplicated: areReplicated) else {
            throw UsageError("--regions: give at least one Region")
        }
        guard !areReplicated || tables.regions.count > 1 else {
            throw UsageError("--replicas: also give the Regions of the replicas: --regions us-east-1,us-west-2")
        }
        return tables
    }

    // MARK: - check

    private static func check(_ control: TablesControl, _ isJSON: Bool) throws -> Int32 {
        let formats = try formatsFound(control)
        let differences = try control.differences() + control.dictionaryDifferences(formats.found)
        let warnings = try control.leaseTableWarnings() + formats.warnings + gainWarnings(control, formats.found)
        if isJSON {
            for difference in differences { writeOutput(json(difference)) }
        } else if differences.isEmpty {
            writeOutput("\(place(control)) are as required\n")
        } else {
            var table = Table(header: ["table", "Region", "setting", "is", "required", ""])
            for difference in differences {
                let mending = difference.call.map { "create: \($0.operation)" } ?? difference.advice ?? ""
                table.add(
                    difference.table, difference.region, difference.setting, difference.found, difference.needed, mending)
            }
            writeOutput(table.text)
        }
        write(formats.found, isJSON)
        for warning in warnings { writeError("converge tables: warning: \(printable(warning))\n") }
        return differences.isEmpty ? 0 : 1
    }

    private static func json(_ difference: TableDifference) -> String {
        jsonLine { json in
            if let advice = difference.advice { json.member("advice", advice) }
            json.member("found", difference.found)
            json.member("mendedByCreate", difference.isMendedByCreate)
            json.member("needed", difference.needed)
            json.member("region", difference.region)
            json.member("setting", difference.setting)
            json.member("table", difference.table)
        }
    }

    // MARK: - create and drop

    private static func drop(_ control: TablesControl, _ options: Options, _ isJSON: Bool) throws -> Int32 {
        guard options.isGiven("yes") || options.isSet("dry-run") else {
            throw UsageError(
                "converge tables drop: this deletes \(place(control)) and everything in them; confirm with --yes, or see the calls with --dry-run"
            )
        }
        return try carryOut(.drop, control, options, isJSON)
    }

    private static func carryOut(
        _ goal: TablesGoal, _ control: TablesControl, _ options: Options, _ isJSON: Bool
    ) throws -> Int32 {
        if options.isSet("dry-run") {
            for call in try control.plan(goal) { writeOutput(text(call, isJSON)) }
            return goal == .create ? try beginFormat(control, options, isJSON) : 0
        }
        let outcome = try control.carryOut(goal) { event in
            switch event {
            case .made(let call): writeOutput(text(call, isJSON))
            case .waiting(let tables):
                writeError("waiting until DynamoDB has finished with \(tables.joined(separator: ", "))\n")
            }
        }
        switch outcome {
        case .done:
            if goal == .create, try beginFormat(control, options, isJSON) != 0 { return 1 }
            writeError("\(place(control)) are \(goal == .create ? "as required" : "deleted")\n")
            return 0
        case .notYet(let tables):
            writeError(
                "converge tables drop: \(tables.joined(separator: ", ")) cannot be deleted until 24 hours after the last replica was created; run this command again then\n"
            )
            return 1
        }
    }

    private static func text(_ call: TableCall, _ isJSON: Bool) -> String {
        guard isJSON else { return "\(call.region)  \(call.operation)  \(String(decoding: call.input, as: UTF8.self))\n" }
        return jsonLine { json in
            json.key("input")
            call.input.withUnsafeBytes { json.raw($0) }
            json.member("operation", call.operation)
            json.member("region", call.region)
        }
    }

    static func place(_ control: TablesControl) -> String {
        let tables = control.tables
        let shape = tables.areReplicated ? "global tables" : "tables"
        return
            "\(tables.names.count) \(shape) \(tables.prefix)-* and the feed's table in \(tables.regions.joined(separator: ", "))"
    }
}
