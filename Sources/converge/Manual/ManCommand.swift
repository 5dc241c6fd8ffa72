import Platform
import Worker

/// `converge man`: the manual pages, from what `--help` says.
enum ManCommand: Subcommand {
    static let command = Command(
        "man", usage: "[--output DIR]",
        summary: "Writes the manual pages: of the program, of each command, and of the configuration file.",
        flags: [
            Flag("output", "DIR", "an existing directory that they are written to (default: their names are listed)")
        ],
        notes: """
            The Debian package installs them. By hand: converge man --output ~/.local/share/man/man1, and man converge-run.
            converge.yaml(5) belongs into a man5 of its own.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge man: takes no operands") }
        let pages = ManualPages.all(of: Converge.manual)
        guard let folder = options["output"] else {
            for page in pages { writeOutput("\(page.name)\n") }
            return 0
        }
        for page in pages {
            let file = try OutputFile(path: "\(folder)/\(page.name)")
            let bytes = Array(page.text.utf8)
            try bytes.withUnsafeBytes { try file.write(ByteView($0)) }
            try file.close()
        }
        return 0
    }
}
