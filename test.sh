#!/usr/bin/env bash
# Installs what is missing, builds everything, and runs every test through CTest.
#
#   ./test.sh [CTEST OPTIONS...]        for example: ./test.sh -R '^http'
#
# Ends on CTest's summary and with its exit code. docs/testing.md says what the tests are.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")

"$here/scripts/install" build test
"$here/scripts/build" release
# Three tests for each core: the end-to-end tests spend most of their time waiting.
exec ctest --test-dir "$here/build/release" --output-on-failure --no-tests=error --parallel $((3 * $(nproc))) "$@"
