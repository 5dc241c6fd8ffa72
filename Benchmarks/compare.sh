#!/usr/bin/env bash
# Another revision and this tree, measured in turn, pair by pair. PAIRS (8) and EVENTS (300000) change the size. Ends with 1 where
# a headline is worse by more than a tenth, with 2 where BASE is no revision or does not build. Take the machine to yourself.
# usage: Benchmarks/compare.sh BASE
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'bench-compare: %s\n' "$@" >&2
    exit 2
}

base=${1:-}
[[ -n $base ]] || fail "which revision? make bench-compare BASE=REVISION"
commit=$(git rev-parse --verify --quiet --end-of-options "$base^{commit}") ||
    fail "'$base' is no revision of this repository; git log --oneline lists some"
[[ ${PAIRS:-8} =~ ^[1-9][0-9]*$ ]] || fail "PAIRS=$PAIRS is no number of pairs"
[[ ${EVENTS:-300000} =~ ^[1-9][0-9]*$ ]] || fail "EVENTS=$EVENTS is no number of events"

mkdir -p .build/compare .build/bench
tree=.build/compare/${commit:0:12}
git worktree prune
[[ -e $tree/Package.swift ]] || git worktree add --quiet --force --detach "$tree" "$commit"
swift build --package-path "$tree" -c release --product converge >&2 || fail "$base does not build: $tree"
swift build -c release --product converge >&2
exec python3 -B Benchmarks/suite/compare.py "$base" "$tree/.build/release/converge" .build/release/converge \
    "${PAIRS:-8}" "${EVENTS:-300000}"
