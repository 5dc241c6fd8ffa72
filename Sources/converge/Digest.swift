import Engine
import Operations

/// `converge digest`: one line that is equal if and only if everything is.
enum Digest: Subcommand {
    static let command = Command(
        "digest", usage: "STATE", summary: "Prints the digest of a state directory or state file.", flags: [])

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else { throw UsageError("converge digest: give one STATE, a directory or a file") }
        let shard = try StateOperand.load(options.operands)
        let result = try StateExport.run(workers: coreCount(), rows: StateExport.rows(of: [shard]))
        writeOutput(result.digest + "\n")
        return 0
    }
}
