/// The script that makes a shell ask martlet what could come next.
enum CompletionScript: String, CaseIterable {
  case bash, zsh, fish

  /// The whole script.
  var text: String {
    switch self {
    case .bash: CompletionScript.forBash
    case .zsh: CompletionScript.forZsh
    case .fish: CompletionScript.forFish
    }
  }

  /// Bash parts words at `=` and `:`, which the program does not: they are put together again by the line, and
  /// what is completed is the last part.
  private static let forBash = #"""
    # bash completion of martlet
    _martlet() {
        local line=${COMP_LINE:0:COMP_POINT} rest part word kind
        local -a words=() lines
        for part in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
            rest=${line#"${line%%[![:blank:]]*}"}
            [[ ${rest:0:${#part}} == "$part" ]] || part=$rest
            if [[ $rest != "$line" || ${#words[@]} == 0 ]]; then words+=("$part"); else words[-1]+=$part; fi
            line=${rest:${#part}}
        done
        word=${words[-1]}
        [[ $part == [=:] ]] && part=
        COMPREPLY=()
        mapfile -t lines < <(martlet completion words -- "${words[@]:1}" 2>/dev/null)
        case ${lines[0]-} in
            words)
                for line in "${lines[@]:1}"; do
                    line=${line%%$'\t'*}
                    COMPREPLY+=("${line#"${word%"$part"}"}")
                done
                ;;
            files | directories)
                kind=f
                [[ ${lines[0]} == directories ]] && kind=d
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -"$kind" -- "$part")
                ;;
        esac
    }
    complete -F _martlet martlet

    """#

  private static let forZsh = #"""
    #compdef martlet
    # zsh completion of martlet
    _martlet() {
        local -a lines found
        lines=("${(@f)$(martlet completion words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
        case ${lines[1]} in
            words)
                found=("${(@)${(@)lines[2,-1]//:/\\:}/$'\t'/:}")
                ((${#lines} > 1)) && _describe martlet found
                ;;
            files)
                [[ $PREFIX == -*=* ]] && compset -P '*='
                _files
                ;;
            directories)
                [[ $PREFIX == -*=* ]] && compset -P '*='
                _files -/
                ;;
        esac
    }
    if [[ ${funcstack[1]} == _martlet ]]; then _martlet "$@"; else compdef _martlet martlet; fi

    """#

  private static let forFish = #"""
    # fish completion of martlet
    function __martlet_complete
        set -l before (commandline -opc)
        set -l word (commandline -ct)
        set -e before[1]
        set -l lines (martlet completion words -- $before "$word" 2>/dev/null)
        set -l kind "$lines[1]"
        set -e lines[1]
        set -l option (string match -r -- '^-[^=]*=' "$word")
        set -l value (string replace -r -- '^-[^=]*=' '' "$word")
        switch $kind
            case words
                test (count $lines) -gt 0; and printf '%s\n' $lines
            case files
                for path in (__fish_complete_path "$value")
                    echo "$option$path"
                end
            case directories
                for path in (__fish_complete_directories "$value")
                    echo "$option$path"
                end
        end
    end
    complete -c martlet -f -a '(__martlet_complete)'

    """#
}
