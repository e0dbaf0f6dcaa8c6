# bash completion for castor(1). It needs nothing of the package bash-completion but to be found by it.
_castor() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --json | --html | --cacert | --compare | --merge | --urls | --unix | --hdr | --csv | --prometheus) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --method) mapfile -t COMPREPLY < <(compgen -W 'GET HEAD POST PUT DELETE OPTIONS TRACE' -- "$word") ;;
    --latency-unit) mapfile -t COMPREPLY < <(compgen -W 'us ms s' -- "$word") ;;
    --steps | --rounds | --auth | --cookie | --seed | --connect-to) COMPREPLY=() ;;
    -c | -t | -n | -j | -m | -p | --pipeline | --rate | --idle | --warmup | --ramp | --timeout | --header | --body | \
      --source-addresses | --expect-status | --expect-length | --max-p99 | --max-errors) COMPREPLY=() ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W '-c -t -n -j -k -m -9 -1 -2 -4 -6 -r -f -p -h -V --pipeline --rate --idle --warmup --steps --find-rate --until-stable --rounds
        --auth --cookie --urls --random --seed --connect-to --unix --hdr --csv --prometheus --latency-unit --merge
        --ramp --timeout --http2 --get --head --options --trace --method --header --body --insecure --cacert --resume
        --source-addresses --expect-status --expect-length --max-p99 --max-errors --json --html --compare --quiet
        --webbench --yes-this-is-my-server --help --version' -- "$word")
      ;;
  esac
}
complete -o filenames -F _castor castor
