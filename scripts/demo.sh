#!/bin/bash
# Two emulated Regions with traffic, a worker, a controller and a console in each, until its input ends (Ctrl-D) or it is interrupted.
# Commands on standard input: lose REGION, restore REGION, letters, quit. It is DemoTests.swift, told.
# usage: scripts/demo.sh        CONVERGE_DEMO_PORT=9464: of the first console; the second one has the next
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build
log=.build/demo.log
echo "demo: building; all that the programs say is in $log"
swift build --build-tests > "$log" 2>&1 || { tail -30 "$log"; exit 1; }
# Not by `swift test`, which holds back what is told.
bundle=$(swift build --show-bin-path)/convergePackageTests.xctest
status=0
CONVERGE_DEMO=1 "$bundle" --testing-library swift-testing --filter DemoTests 2>&1 \
    | tee "$log" | { grep --line-buffered -a -o "demo: .*" || true; } || status=$?
((status == 0)) || { echo "demo: failed"; grep -aE '✘|^error: |↳' "$log" || tail -30 "$log"; exit "$status"; }
