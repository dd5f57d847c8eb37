# `git handoff`, through git's own completion.
_git_handoff() {
    local at=${__git_cmd_idx:-0} word
    # Before git 2.30 its completion did not say where the subcommand stands.
    if (( at == 0 )); then
        while (( at < cword )) && [[ ${words[at]} != handoff ]]; do (( at += 1 )); done
    fi
    local -a COMP_WORDS=(git-handoff "${words[@]:at + 1}") found=()
    local COMP_CWORD=$(( cword - at ))
    _git__handoff git-handoff "$cur" "$prev"
    # git's completion leaves the space after a word to whoever completes it.
    for word in "${COMPREPLY[@]}"; do
        if [[ $word == */ ]]; then found+=("$word"); else found+=("$word "); fi
    done
    # What was handed over, where a branch may stand.
    case ${words[at + 1]},$cur in
        *,-*) ;;
        resume,* | check,* | show,* | status,*)
            for word in $(__git for-each-ref --format='%(refname:lstrip=-1)' \
                refs/handoff/branches 'refs/handoff-remotes/*/branches' 2>/dev/null | sort -u); do
                word=${word//\%2F//}
                [[ $word == "$cur"* ]] && found+=("$word ")
            done ;;
    esac
    COMPREPLY=("${found[@]}")
}
