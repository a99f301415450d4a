# Completion for bash: hivectl says what fits. ":files" and ":directories" are left to the shell.
_hivectl() {
  mapfile -t COMPREPLY < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ ${COMPREPLY[0]-} != :* ]] || compopt -o filenames 2>/dev/null
  [[ ${COMPREPLY[0]-} != :files ]] || mapfile -t COMPREPLY < <(compgen -f -- "${2#=}")
  [[ ${COMPREPLY[0]-} != :directories ]] || mapfile -t COMPREPLY < <(compgen -d -- "${2#=}")
  COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
} && complete -F _hivectl hivectl
