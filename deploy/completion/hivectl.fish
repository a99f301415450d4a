# Completion for fish: hivectl says what fits. ":files" and ":directories" are left to the shell.
function __hivectl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete $words[2..] 2>/dev/null)
    string match -q ':*' -- "$found[1]"; or printf '%s\n' $found; and return
    __fish_complete_path (commandline -ct)
end; complete -c hivectl -f -a '(__hivectl_complete)'
