#!/usr/bin/env bash
# The suite: `Benchmarks/suite/bench.py` with what it needs. Take the machine to yourself.
# usage: Benchmarks/bench.sh [--quick] [PART..]
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build/bench
swift build -c release --product converge >&2

. Benchmarks/environment.sh
environment bench matplotlib==3.10.7
# Of the part `lag`.
swift build -c release --product bench-kafka >&2
environment kafka noida-db==0.2.3
environment ministack ministack==1.5.33 cbor2==6.2.1
exec .build/venv-bench/bin/python -B Benchmarks/suite/bench.py "$@"
