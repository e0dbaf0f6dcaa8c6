#!/usr/bin/env bash
# Installs what is missing, builds Pollux and the handbook's pages, and serves root/ with config.ini.
#
#   ./run.sh [--tls] [POLLUX OPTIONS...]        for example: ./run.sh -p 9006 -m 3
#
# --tls serves https://localhost:8443, too, with a certificate made on the spot (scripts/dev-cert).
# Works from any directory, as root or with sudo; paths among the options are relative to
# the directory you call it from. --config FILE takes the place of the repository's config.ini.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")

"$here/scripts/install" build
"$here/scripts/build" --no-tests release pollux
"$here/handbook/build"

config=(--config "$here/config.ini")
tls=()
options=()
for argument in "$@"; do
  case $argument in
    --config | --config=*) config=() ;;
    --tls)
      certificate=$here/build/dev-cert
      "$here/scripts/dev-cert" "$certificate"
      listen=127.0.0.1:8443
      if grep -qs '^0\{31\}1 ' /proc/net/if_inet6; then listen+=',[::1]:8443'; fi  # Not all containers have it.
      tls=(--set "tls.listen=$listen" --set "tls.certificate=$certificate/certificate.pem"
        --set "tls.private_key=$certificate/key.pem")
      continue
      ;;
  esac
  options+=("$argument")
done
exec "$here/build/release/server/pollux" "${config[@]}" "${tls[@]}" "${options[@]}"
