#!/bin/bash
# Runs `swift test`. Where it fails, what failed stands at its end once more: among thousands of lines nobody finds it.
# usage: scripts/test.sh [ARGUMENT...]     arguments: those of `swift test`
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build
log=.build/test.log
status=0
if [[ -t 1 ]]; then
    # What is on a terminal stays as it looks there.
    script -qefc "swift test ${*@Q}" "$log" || status=$?
else
    swift test "$@" 2>&1 | tee "$log" || status=$?
fi
((status == 0)) && exit

# Each line of a failure with the lines that explain it; then what ended the run, where it was no test.
echo
echo "test: failed; the whole output is in $log"
sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/\r$//' "$log" \
    | awk '/✘|^error: |Fatal error: / { shown = 1; print; next } /^ *↳/ && shown { print; next } { shown = 0 }'
exit "$status"
