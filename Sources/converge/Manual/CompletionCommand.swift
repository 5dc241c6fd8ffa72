import Platform
import Worker

/// `converge completion`: what a shell completes commands, flags and values by.
enum CompletionCommand: Subcommand {
    static let command = Command(
        "completion", usage: "bash|zsh|fish",
        summary: "Writes a shell's completion of commands, flags and values.", flags: [],
        notes: """
            The Debian package installs all three. By hand:

              bash   converge completion bash > ~/.local/share/bash-completion/completions/converge
              zsh    converge completion zsh > "${fpath[1]}/_converge"
              fish   converge completion fish > ~/.config/fish/completions/converge.fish
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1, let shell = CompletionShell(rawValue: options.operands[0]) else {
            let shells = CompletionShell.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("converge completion: give one of \(shells)")
        }
        writeOutput(shell.script(for: Converge.manual))
        return 0
    }
}
