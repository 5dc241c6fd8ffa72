#!/usr/bin/env bash
# The suite: `Benchmarks/suite/bench.py` with what it needs. Take the machine to yourself.
# usage: Benchmarks/bench.sh [--quick|--short] [PART..]
set -euo pipefail
cd "$(dirname "$0")/.."

# Of the part `api`: a web server beside it, and files for 5,000 streams, of the worker and of who listens.
ulimit -n "$(ulimit -Hn)"
if ! command -v nginx >/dev/null; then
    as_root=()
    if ((EUID != 0)); then as_root=(sudo -n); fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nginx-light >&2 ||
        { echo "bench.sh: nginx is missing; run: apt-get install nginx-light" >&2 && exit 1; }
fi
mkdir -p .build/bench
swift build -c release --product converge >&2

. Benchmarks/environment.sh
# playwright: of the part `console`, with Debian's Chromium.
environment bench matplotlib==3.10.7 playwright==1.65.2
# Of the part `lag`.
swift build -c release --product bench-kafka >&2
environment kafka noida-db==0.2.3
environment ministack ministack==1.5.33 cbor2==6.2.1
exec .build/venv-bench/bin/python -B Benchmarks/suite/bench.py "$@"
