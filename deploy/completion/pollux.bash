# bash completion for pollux(8). It needs nothing of the package bash-completion but to be found by it.
_pollux() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    -m | -a) mapfile -t COMPREPLY < <(compgen -W '0 1 2 3' -- "$word") ;;
    -l | -c | -o) mapfile -t COMPREPLY < <(compgen -W '0 1' -- "$word") ;;
    -p | -t | -s | --set | --add-user | --remove-user) COMPREPLY=() ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W '-p -m -a -t -s -l -c -o -h --config --set --check --add-user
        --remove-user --trace --version --help' -- "$word")
      ;;
  esac
}
complete -o filenames -F _pollux pollux
