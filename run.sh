#!/usr/bin/env bash
# Installs what is missing, builds Pollux, and serves root/ with config.ini.
#
#   ./run.sh [POLLUX OPTIONS...]        for example: ./run.sh -p 9006 -m 3
#
# Works from any folder, as root or with sudo; paths among the options are relative to
# the folder you call it from. --config FILE takes the place of the repository's config.ini.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")

"$here/scripts/install" build
"$here/scripts/build" --no-tests release pollux

config=(--config "$here/config.ini")
for argument in "$@"; do
  [[ $argument != --config && $argument != --config=* ]] || config=()
done
exec "$here/build/release/server/pollux" "${config[@]}" "$@"
