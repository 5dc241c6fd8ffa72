#!/bin/bash
# Tells the whole story of a failover with the default thresholds: two Regions (an emulator each), a worker and a controller in each, 200 agents and calls.
# One is lost, everything goes to the other, it comes back, a person returns to it step by step, and a bad gate halts that. It is the test of
# FailoverStoryTests.swift, told.
# usage: scripts/demo-failover.sh
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build
log=.build/demo-failover.log
echo "demo-failover: building"
swift build --build-tests > "$log" 2>&1 || { tail -30 "$log"; exit 1; }
echo "demo-failover: starting two Regions; all that the programs say is in $log"
status=0
# Not by `swift test`, which holds back what is told.
bundle=$(swift build --show-bin-path)/convergePackageTests.xctest
CONVERGE_FAILOVER_DEMO=1 "$bundle" --testing-library swift-testing --filter FailoverStoryTests 2>&1 \
    | tee "$log" | { grep --line-buffered -a -o "story: .*" || true; } | sed -u 's/^story: //' || status=$?
((status == 0)) || { echo "demo-failover: failed"; grep -E '✘|^error: |↳' "$log" || tail -30 "$log"; exit "$status"; }
