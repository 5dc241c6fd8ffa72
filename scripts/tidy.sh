#!/bin/bash
# Keeps the tree tidy: prints every line that breaks a rule and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

file_lines_max=500
failed=0

complain() {
    printf '%s\n' "$1" >&2
    failed=1
}

# Complains about lines of Swift files under the given directories that match a pattern.
forbid() {
    local what=$1 pattern=$2 found
    shift 2
    found=$(grep -rnE --include='*.swift' -e "$pattern" "$@" || true)
    if [[ -n $found ]]; then complain "tidy: $what"$'\n'"$found"; fi
}

while IFS= read -r file; do
    lines=$(wc -l <"$file")
    if ((lines > file_lines_max)); then complain "tidy: $file has $lines lines, more than $file_lines_max"; fi
done < <(find Sources Tests -name '*.swift' -o -name '*.cpp' -o -name '*.c' -o -name '*.h')

forbid "unfinished or unsafe" 'TODO|FIXME|fatalError\(|try!' Sources
forbid "Foundation in Sources" '^[[:space:]]*((public|internal|package|private|@[A-Za-z_]+(\([a-z]+\))?)[[:space:]]+)*import[[:space:]]+((struct|class|enum|func|protocol|let|var|typealias)[[:space:]]+)?Foundation' Sources
forbid "a configuration key read outside of Sources/Worker/Configuration; take the value from WorkerSettings" \
    '(configuration|required)\.(text|integer|bytes|milliseconds|list|isOn|isSet|time|options|word|entries)\b' \
    $(ls -d Sources/* | grep -v '^Sources/Worker$') Sources/Worker/Assembly
elsewhere=$(ls -d Sources/* | grep -v '^Sources/AWS$')
forbid "a call of AWS outside of Sources/AWS; give the operation a file there, as CONTRIBUTING.md says" \
    '\.(perform|performAll|submit)\( *"' $elsewhere
forbid "a typed value of DynamoDB outside of Sources/AWS; use ItemView and JSONWriter.attribute" \
    '"(S|N|B|M|L|SS|NS|BS|BOOL|NULL)"|\{\\"(S|N|B|M|L|SS|BOOL|NULL)\\"' Sources/Ingest Sources/Storage Sources/EmbeddedStorage Sources/Worker/Assembly
forbid "the name of an error of AWS outside of Sources/AWS; make it a case of the service's Failure" \
    '\.code *(==|!=) *"|"(ResourceNotFound|ResourceInUse|ConditionalCheckFailed|ExpiredIterator|ProvisionedThroughputExceeded)Exception"' $elsewhere
forbid "a server made elsewhere than in HTTPPorts, which asks who comes" 'HTTPServer\(' \
    $(find Sources/Worker Sources/converge -name '*.swift' ! -name HTTPPorts.swift ! -name ConnectChecks.swift)
forbid "tab" $'\t' Sources Tests Benchmarks
forbid "white space at the end of a line" '[[:space:]]$' Sources Tests Benchmarks

# Of suites at the margin: those inside another one have its limit.
found=$(grep -rnE --include='*.swift' -A4 '^@Suite' Tests \
    | awk '/[:-][0-9]+[:-]@Suite/ { suite = $0; open = 1 } open && /\.limited|\.waiting\(/ { open = 0 }
        open && /(struct|enum|class) / { print suite; open = 0 }' || true)
if [[ -n $found ]]; then complain "tidy: a suite without a time limit; add .limited or .waiting(minutes: 5) and import TestSupport"$'\n'"$found"; fi
found=$(grep -rlE --include='*.swift' '^    @Test' Tests | xargs grep -LE '@Suite|^extension ' || true)
if [[ -n $found ]]; then complain "tidy: tests outside of a suite with a time limit"$'\n'"$found"; fi
forbid "a limit that counts what a test waits for a thread, too: .limited(minutes:) of TestSupport" '\.timeLimit\(' Tests
forbid "sleeping, where eventually waits" 'Task\.sleep|Thread\.sleep\(forTime|while .*\{ *(usleep|sched_yield)\(' Tests

scripts/modules.py || failed=1
scripts/picture.py --check || failed=1
scripts/dead.py || failed=1
scripts/links.py || failed=1

exit "$failed"
