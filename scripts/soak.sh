#!/bin/bash
# Soaks the optimised worker for SOAK_SECONDS (600) at SOAK_RATE events a second (5000): Benchmarks/Soak/soak.py says how.
# Leaves everything of the run under .build/soak.
set -euo pipefail
cd "$(dirname "$0")/.."

home=.build/venv-soak
packages=(noida-db==0.2.3 confluent-kafka==2.6.1)
mark=$home/.has-$(IFS=+; echo "${packages[*]}")
if [[ ! -e $mark ]]; then
    python3 -m venv "$home"
    "$home/bin/pip" install -q --disable-pip-version-check "${packages[@]}"
    touch "$mark"
fi
rm -rf .build/soak
exec "$home/bin/python" Benchmarks/Soak/soak.py --converge "$PWD/.build/release/converge" --directory .build/soak \
    --seconds "${SOAK_SECONDS:-600}" --rate "${SOAK_RATE:-5000}"
