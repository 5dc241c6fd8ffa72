import Engine
import Platform
import Worker

/// `converge digest`: one line that is equal if and only if everything is.
enum Digest: Subcommand {
    static let command = Command(
        "digest", usage: "STATE", summary: "Prints the digest of a state directory, state file or dynamodb:PREFIX.", flags: [])

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else {
            throw UsageError("converge digest: give one STATE: a directory, a file or dynamodb:PREFIX")
        }
        let shard = try StateOperand.load(options.operands)
        let result = try StateExport.run(threads: coreCount(), rows: StateExport.rows(of: [shard]))
        writeOutput(result.digest + "\n")
        return 0
    }
}
