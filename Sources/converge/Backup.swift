import Platform
import Storage
import Worker

/// `converge backup`: a copy of a state directory that may be in use.
enum Backup: Subcommand {
    static let command = Command(
        "backup", usage: "STATE --output DIR",
        summary: "Makes a consistent copy of a state directory, also beside its worker.",
        flags: [Flag("output", "DIR", "where the copy goes; must not be there yet")],
        notes: """
            The copy is the state of one moment, with everything in it that was durable when the command began; the worker is neither asked nor
            stopped. On the same file system table files are shared with the state (hard links): copy them elsewhere to outlive the disk. To restore,
            stop the worker and put the copy in the place of the directory. docs/embedded.md tells more.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1 else { throw UsageError("converge backup: give one STATE, a directory") }
        guard let output = options["output"] else { throw UsageError("converge backup: --output DIR is needed") }
        let copy = try StateBackup(of: options.operands[0], to: output)
        writeOutput(
            "\(output): \(grouped(copy.fileCount)) files, \(grouped(copy.byteCount)) bytes, up to write "
                + "\(grouped(Int(clamping: copy.sequence))); 'converge check \(output)' reads all of it\n")
        return 0
    }
}
