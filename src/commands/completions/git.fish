# `git handoff`, beside git's own completion; fish 3.6 does not ask for that of a `git-*` program, later ones do.
function __fish_git_handoff_after_git
    set -l words (commandline -opc)
    set -l at (contains -i -- handoff $words)
    and complete -C "git-handoff "(string join -- ' ' (string escape -- $words[(math $at + 1)..]) '')(commandline -ct)
end

complete -c git -f -n '__fish_git_using_command handoff' -a '(__fish_git_handoff_after_git)'
