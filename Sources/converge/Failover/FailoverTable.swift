import AWS
import Failover
import JSON
import Platform
import Worker

/// `converge failover table`: the table in which controllers and people agree on where contacts go.
enum FailoverTable: Subcommand {
    static let command = Command(
        "failover table", usage: "create|check --regions R1,R2[,R3] [--witness R] [--name NAME]",
        summary: "Creates or checks the control table, a DynamoDB table with multi-Region strong consistency.",
        flags: [
            Flag(
                "regions", "R1,R2",
                "the Regions of full replicas; the table is created in the first one; a third replica is added from their set"),
            Flag("witness", "R", "have two replicas, and a witness in this Region, which costs less and answers nothing"),
            Flag("name", "NAME", "name of the table (default: \(ControlTableShape.defaultName))"),
            Flag("dry-run", nil, "create: print what would be done without doing it"),
            Flag("format", "table|json", "output format; json is one object per line (default: table)"),
        ],
        notes: """
            create makes what is missing and can be repeated at any time. DynamoDB makes only an empty table strongly consistent, and never changes its
            Regions afterwards. check changes nothing; it tries every Region's endpoint from here, and fails if controllers cannot rely on the table. Sets of
            Regions: \(RegionSet.text).
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1, let verb = options.operands.first, ["create", "check"].contains(verb) else {
            throw UsageError("converge failover table: give an action: create or check")
        }
        guard let regions = options["regions"]?.split(separator: ",").map(String.init), !regions.isEmpty else {
            throw UsageError("converge failover table: --regions R1,R2 is required")
        }
        let shape: ControlTableShape
        do throws(ControlTableError) {
            shape = try ControlTableShape(
                name: options["name"] ?? ControlTableShape.defaultName, regions: regions, witness: options["witness"])
        } catch {
            throw UsageError("converge failover table: \(error)")
        }
        let isJSON = try options.choice("format", of: ["table", "json"]) == "json"
        guard verb == "create" || !options.isGiven("dry-run") else {
            throw UsageError("converge failover table check: it changes nothing; omit --dry-run")
        }
        let setup = try ControlTableSetup(shape, session: AWSSession())
        return try verb == "create"
            ? create(setup, isDry: options.isSet("dry-run"), isJSON: isJSON) : check(setup, isJSON: isJSON)
    }

    // MARK: - create

    private static func create(_ setup: ControlTableSetup, isDry: Bool, isJSON: Bool) throws -> Int32 {
        let planned = try setup.plan()
        if isDry {
            for call in planned { writeOutput(text(call, isJSON)) }
            return 0
        }
        try setup.carryOut { event in
            switch event {
            case .made(let call): writeOutput(text(call, isJSON))
            case .waiting: writeError("waiting until DynamoDB has finished with \(setup.shape.name)\n")
            }
        }
        writeError("\(place(setup.shape)) is as required\n")
        return 0
    }

    private static func text(_ call: ControlTableCall, _ isJSON: Bool) -> String {
        guard isJSON else { return "\(call.region)  \(call.operation)  \(String(decoding: call.input, as: UTF8.self))\n" }
        return jsonLine { json in
            json.key("input")
            call.input.withUnsafeBytes { json.raw($0) }
            json.member("operation", call.operation)
            json.member("region", call.region)
        }
    }

    private static func place(_ shape: ControlTableShape) -> String {
        let witness = shape.witness.map { ", witness in \($0)" } ?? ""
        return "the control table \(shape.name) in \(shape.replicas.joined(separator: ", "))\(witness)"
    }

    // MARK: - check

    /// What a Region's endpoint said.
    private struct Look {
        let region: String
        var table: ControlTableFound.Table?
        var trips: ControlTableSetup.RoundTrips?
        /// Why it cannot be used.
        var error: String?
    }

    private static func check(_ setup: ControlTableSetup, isJSON: Bool) throws -> Int32 {
        var found = ControlTableFound()
        let looks = setup.shape.replicas.map { region in
            var look = Look(region: region)
            do {
                look.table = try setup.look(region)
                found.tables[region] = look.table
                if look.table != nil { look.trips = try setup.roundTrips(region) }
            } catch {
                look.error = "\(error)"
            }
            return look
        }
        // What a Region that does not answer has is not known, and not called missing.
        let silent = looks.filter { $0.table == nil && $0.error != nil }.map(\.region)
        let differences =
            silent.contains(setup.shape.home) ? [] : setup.shape.differences(found).filter { !silent.contains($0.region) }
        if isJSON {
            for look in looks { writeOutput(json(look)) }
            for difference in differences { writeOutput(json(difference)) }
        } else {
            write(looks, setup.shape)
            write(differences)
        }
        for look in looks {
            if let error = look.error { writeError("converge failover table: \(look.region): \(printable(error))\n") }
        }
        let isFine = looks.allSatisfy { $0.error == nil } && differences.allSatisfy(\.isAdvice)
        if isFine, !isJSON { writeOutput("\(place(setup.shape)) can be relied on\n") }
        return isFine ? 0 : 1
    }

    private static func write(_ looks: [Look], _ shape: ControlTableShape) {
        var table = Table(
            header: ["Region", "status", "consistency", "read ms", "refused write ms", "recovery", "protection", "key of"],
            rightAligned: [3, 4])
        for look in looks {
            guard let found = look.table else {
                table.add(look.region, look.error == nil ? "missing" : "no answer")
                continue
            }
            table.add(
                look.region, found.status, found.consistency ?? "one Region", look.trips.map { fixed($0.read, 1) } ?? "-",
                look.trips.map { fixed($0.write, 1) } ?? "-", found.hasPointInTimeRecovery ? "on" : "off",
                found.isProtected ? "on" : "off", found.hasKMSKey ? "KMS" : "DynamoDB")
        }
        if let witness = shape.witness {
            let status = looks.lazy.compactMap { $0.table?.witnesses[witness] }.first
            table.add(witness, status ?? "missing", "witness")
        }
        writeOutput(table.text)
    }

    private static func write(_ differences: [ControlTableDifference]) {
        guard !differences.isEmpty else { return }
        var table = Table(header: ["Region", "setting", "is", "required", ""])
        for difference in differences {
            let mending = difference.call.map { "create: \($0.operation)" } ?? difference.advice ?? ""
            table.add(
                difference.region, difference.setting, difference.found,
                difference.needed + (difference.isAdvice ? " (advised)" : ""), mending)
        }
        writeOutput("\n" + table.text)
    }

    private static func json(_ look: Look) -> String {
        jsonLine { json in
            json.member("consistency", look.table?.consistency)
            json.member("deletionProtection", look.table?.isProtected ?? false)
            json.member("error", look.error)
            json.member("isKeyInKMS", look.table?.hasKMSKey ?? false)
            json.member("pointInTimeRecovery", look.table?.hasPointInTimeRecovery ?? false)
            json.member("readMilliseconds", number: look.trips.map { fixed($0.read, 1) } ?? "null")
            json.member("refusedWriteMilliseconds", number: look.trips.map { fixed($0.write, 1) } ?? "null")
            json.member("region", look.region)
            json.member("status", look.table?.status)
        }
    }

    private static func json(_ difference: ControlTableDifference) -> String {
        jsonLine { json in
            json.member("advice", difference.advice)
            json.member("found", difference.found)
            json.member("isAdvice", difference.isAdvice)
            json.member("mendedByCreate", difference.call != nil)
            json.member("needed", difference.needed)
            json.member("region", difference.region)
            json.member("setting", difference.setting)
        }
    }
}
