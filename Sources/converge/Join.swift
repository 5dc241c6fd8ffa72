import Engine
import Platform
import Worker

/// `converge join`: several states into one.
enum Join: Subcommand {
    static let command = Command(
        "join", usage: "STATE... --output FILE",
        summary: "Joins states (directories, files, dynamodb:PREFIX) into one state file.",
        flags: [Flag("output", "FILE|-", "output file of the joined state, as canonical JSON Lines; - for standard output")])

    static func run(_ options: Options) throws -> Int32 {
        guard !options.operands.isEmpty else {
            throw UsageError("converge join: no STATE given; give directories, files or dynamodb:PREFIX")
        }
        guard let path = options["output"] else {
            throw UsageError("converge join: --output FILE is required ('-' for standard output)")
        }
        let shard = try StateOperand.load(options.operands)
        let output = try OutputFile(path: path)
        let result = try StateExport.run(threads: coreCount(), rows: StateExport.rows(of: [shard])) { try output.write($0) }
        try output.close()
        let text = "\(grouped(shard.entityCount)) entities  digest  \(result.digest)\n"
        if path == "-" { writeError(text) } else { writeOutput(text) }
        return 0
    }
}
