#!/bin/bash
# Builds and runs the tests, and says what took the time. Where they fail, what failed stands at the end once more: among thousands of
# lines nobody finds it.
# usage: scripts/test.sh [ARGUMENT...]     arguments: those of `swift test`
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build
log=.build/test.log
export CONVERGE_TEST_TIMES=$PWD/.build/test-times.txt
rm -f "$CONVERGE_TEST_TIMES"
status=0
swift build --build-tests
built=$SECONDS
if [[ -t 1 ]]; then
    # What is on a terminal stays as it looks there.
    script -qefc "swift test --skip-build ${*@Q}" "$log" || status=$?
else
    swift test --skip-build "$@" 2>&1 | tee "$log" || status=$?
fi
# What lint cannot see without a build; first, whether the script finds what it should.
for check in "python3 -B Tests/Scripts/test_dead.py" "python3 -B Tests/Scripts/test_symbols.py" "scripts/dead.py --required"; do
    $check 2>&1 | tee -a "$log" || status=$?
done

echo
echo "test: $built s to build, $((SECONDS - built)) s to run; the longest, while others ran beside them:"
sort -rn "$CONVERGE_TEST_TIMES" 2>/dev/null | head -15 || true
((status == 0)) && exit

# Each line of a failure with the lines that explain it; then what ended the run, where it was no test.
echo
echo "test: failed; the whole output is in $log"
sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/\r$//' "$log" \
    | awk '/✘|^error: |^dead: |^(FAIL|ERROR): |Fatal error: / { shown = 1; print; next } /^ *↳/ && shown { print; next } { shown = 0 }'
exit "$status"
