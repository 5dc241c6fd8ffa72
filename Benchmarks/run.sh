#!/usr/bin/env bash
# Replay beside a bare simdjson walk of the same file. EVENTS, ROUNDS and THREADS change the size; the report goes to
# standard output. Take the machine to yourself: every figure is a ratio of two runs in turn, but noise widens its spread.
set -euo pipefail
cd "$(dirname "$0")/.."

events=${EVENTS:-500000}
scratch=.build/bench
mkdir -p "$scratch"

swift build -c release --product converge >&2
swift build -c release --product bench-replay >&2
g++ -std=c++17 -O3 -march=native -o "$scratch/walk" Benchmarks/walk.cpp -lsimdjson -lpthread

file=$scratch/events-$events.jsonl
[ -f "$file" ] || .build/release/converge generate --events "$events" --output "$file" >&2
.build/release/bench-replay "$PWD/.build/release/converge" "$PWD/$scratch/walk" "$PWD/$file" "$PWD/$scratch" \
    "${ROUNDS:-5}" "${THREADS:-2}"
