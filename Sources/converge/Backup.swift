import EmbeddedStorage
import Platform
import Worker

/// `converge backup`: a copy of a state directory that may be in use.
enum Backup: Subcommand {
    static let command = Command(
        "backup", usage: "STATE --output DIR",
        summary: "Makes a consistent copy of a state directory, also while its worker runs.",
        flags: [Flag("output", "DIR", "the directory of the copy; must not exist yet")],
        notes: """
            The copy is the state at one moment. It contains everything that was durable when the command began. The worker goes on undisturbed.
            On the same file system, the copy shares its table files with the state (hard links): copy it to another disk to survive the loss of
            this one. To restore, stop the worker and replace its directory by the copy. See docs/embedded.md.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else { throw UsageError("converge backup: give one STATE directory") }
        guard let output = options["output"] else { throw UsageError("converge backup: --output DIR is required") }
        let copy = try StateBackup(of: options.operands[0], to: output)
        writeOutput(
            "\(output): \(grouped(copy.fileCount)) files, \(grouped(copy.byteCount)) bytes, up to write number "
                + "\(grouped(Int(clamping: copy.sequence))); verify it with 'converge check \(output)'\n")
        return 0
    }
}
