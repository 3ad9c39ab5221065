/** Each asks `expctl completion words -- WORD…`, which knows the verbs and the daemon's runs and starts nothing. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_expctl() {
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD}") i words
  for ((i = 1; i < COMP_CWORD; i++)); do
    # Behind -- stands a command of its own.
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      _command_offset $((i + 1)) 2>/dev/null || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
      return
    fi
  done
  words=$(expctl completion words -- "\${before[@]}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _expctl expctl
`,
  zsh: `#compdef expctl
_expctl() {
  local -a words_found
  local at=\${words[(i)--]}
  if ((at < CURRENT)); then
    shift $at words
    ((CURRENT -= at))
    _normal
    return
  fi
  words_found=(\${(f)"$(expctl completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if ((\${#words_found})); then compadd -a words_found; else _files; fi
}
compdef _expctl expctl
`,
  fish: `function __expctl_words
  set -l before (commandline -opc) (commandline -ct)
  expctl completion words -- $before[2..-1] 2>/dev/null
end
complete -c expctl -f -n 'not contains -- -- (commandline -opc)' -a '(__expctl_words)'
complete -c expctl -F -n 'contains -- -- (commandline -opc)'
`,
};
