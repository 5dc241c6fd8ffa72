import Worker

/// A shell that completes, and the script that it does it by. What a script completes is fixed when it is written: pressing Tab starts no program.
enum CompletionShell: String, CaseIterable {
    case bash, zsh, fish

    func script(for manual: Manual) -> String {
        switch self {
        case .bash: BashCompletion.script(manual)
        case .zsh: ZshCompletion.script(manual)
        case .fish: FishCompletion.script(manual)
        }
    }
}

private enum BashCompletion {
    static func script(_ manual: Manual) -> String {
        let words = (manual.words.map(\.name) + ["--help", "--version"]).joined(separator: " ")
        let groups = manual.groups.map { group in
            """
                \(group.name))
                    if ((COMP_CWORD == 2)); then
                        COMPREPLY=($(compgen -W "\(manual.commands(of: group).map(\.word).joined(separator: " ")) --help" -- "$current"))
                        return
                    fi
                    command+=" ${COMP_WORDS[2]}"
                    at=3
                    ;;

            """
        }
        return """
            # bash completion for converge \(manual.version), written by 'converge completion bash'.
            _converge() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-} at=2
                local flags='' actions='' value=''
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W "\(words)" -- "$current"))
                    return
                fi
                # `--format=json` is three words here.
                if [[ $current == = ]]; then
                    current=''
                elif [[ $previous == = ]]; then
                    previous=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                case $command in
            \(groups.joined())    esac
                case $command in
            \(manual.commands.map(of).joined())    *) return ;;
                esac
                case $value in
                none) return ;;
                file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
                directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
                ?*) COMPREPLY=($(compgen -W "$value" -- "$current")) ;;
                *)
                    if [[ $current == -* ]]; then
                        COMPREPLY=($(compgen -W "$flags" -- "$current"))
                    elif [[ -n $actions ]]; then
                        if ((COMP_CWORD == at)); then COMPREPLY=($(compgen -W "$actions" -- "$current")); fi
                    else
                        compopt -o filenames
                        mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    fi
                    ;;
                esac
            }
            complete -F _converge converge

            """
    }

    private static func of(_ command: Command) -> String {
        var byValue: [(value: String, names: [String])] = []
        for flag in command.allFlags {
            let value: String
            switch FlagValue(flag) {
            case .none: continue
            case .words(let words): value = words.joined(separator: " ")
            case .file: value = "file"
            case .directory: value = "directory"
            case .other: value = "none"
            }
            if let at = byValue.firstIndex(where: { $0.value == value }) {
                byValue[at].names.append("--\(flag.name)")
            } else {
                byValue.append((value, ["--\(flag.name)"]))
            }
        }
        let cases = byValue.map { "        \($0.names.joined(separator: " | "))) value='\($0.value)' ;;\n" }
        return """
                '\(command.name)')
                    flags='\(command.allFlags.map { "--\($0.name)" }.joined(separator: " "))'
                    actions='\(command.actions.joined(separator: " "))'
                    case $previous in
            \(cases.joined())        esac
                    ;;

            """
    }
}

private enum ZshCompletion {
    static func script(_ manual: Manual) -> String {
        let groups = manual.groups.map { group in
            """
                \(group.name))
                  if (( CURRENT == 3 )); then
                    local -a words_of_group=(
            \(listed(manual.commands(of: group).map { ($0.word, $0.summary) }, "          "))
                    )
                    _describe 'command' words_of_group
                    return
                  fi
                  command+=" $words[3]"
                  at=3
                  ;;

            """
        }
        return """
            #compdef converge
            # zsh completion for converge \(manual.version), written by 'converge completion zsh'.
            _converge() {
              local command=$words[2] at=2
              if (( CURRENT == 2 )); then
                local -a words_of_converge=(
            \(listed(manual.words, "      "))
                )
                _describe 'command' words_of_converge
                return
              fi
              case $command in
            \(groups.joined())  esac
              shift $(( at - 1 )) words
              (( CURRENT -= at - 1 ))
              case $command in
            \(manual.commands.map(of).joined())  esac
            }
            if [[ $funcstack[1] == _converge ]]; then _converge "$@"; else compdef _converge converge; fi

            """
    }

    private static func listed(_ items: [(name: String, summary: String)], _ indent: String) -> String {
        items.map { "\(indent)\(quoted("\($0.name):\($0.summary)"))" }.joined(separator: "\n")
    }

    private static func of(_ command: Command) -> String {
        var lines = command.allFlags.map { flag -> String in
            let name = "--\(flag.name)"
            let what = escaped(flag.help)
            let value = escaped(flag.value ?? "")
            switch FlagValue(flag) {
            case .none: return quoted("\(name)[\(what)]")
            case .words(let words): return quoted("\(name)=[\(what)]:\(value):(\(words.joined(separator: " ")))")
            case .file: return quoted("\(name)=[\(what)]:\(value):_files")
            case .directory: return quoted("\(name)=[\(what)]:\(value):_files -/")
            case .other: return quoted("\(name)=[\(what)]:\(value): ")
            }
        }
        lines.append(command.actions.isEmpty ? "'*:path:_files'" : "'1:action:(\(command.actions.joined(separator: " ")))'")
        return """
              '\(command.name)')
                _arguments -s \\
            \(lines.map { "      \($0)" }.joined(separator: " \\\n"))
                ;;

            """
    }

    /// In the brackets and between the colons of `_arguments`.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { out, character in
            if "[]:\\".contains(character) { out.append("\\") }
            out.append(character)
        }
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}

private enum FishCompletion {
    static func script(_ manual: Manual) -> String {
        var lines = [
            """
            # fish completion for converge \(manual.version), written by 'converge completion fish'.
            function __converge_is
                set -l words (commandline -opc)
                for word in converge $argv
                    test "$words[1]" = $word
                    or return 1
                    set -e words[1]
                end
            end
            function __converge_is_at
                test (count (commandline -opc)) -eq (math (count $argv) + 1)
                and __converge_is $argv
            end
            complete -c converge -n 'test (count (commandline -opc)) -eq 1' -f -l help -d 'show this help'
            complete -c converge -n 'test (count (commandline -opc)) -eq 1' -f -l version -d 'show the version'
            """
        ]
        for word in manual.words {
            lines.append(
                "complete -c converge -n 'test (count (commandline -opc)) -eq 1' -f -a \(word.name) -d \(quoted(word.summary))")
        }
        for group in manual.groups {
            for command in manual.commands(of: group) {
                lines.append(
                    "complete -c converge -n '__converge_is_at \(group.name)' -f -a \(command.word) -d \(quoted(command.summary))"
                )
            }
        }
        for command in manual.commands {
            if !command.actions.isEmpty {
                lines.append(
                    "complete -c converge -n '__converge_is_at \(command.name)' -f -a '\(command.actions.joined(separator: " "))'"
                )
            }
            for flag in command.allFlags {
                var line = "complete -c converge -n '__converge_is \(command.name)' -l \(flag.name) -d \(quoted(flag.help))"
                switch FlagValue(flag) {
                case .none: break
                case .words(let words): line += " -x -a '\(words.joined(separator: " "))'"
                case .file: line += " -r -F"
                case .directory: line += " -x -a '(__fish_complete_directories)'"
                case .other: line += " -x"
                }
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
