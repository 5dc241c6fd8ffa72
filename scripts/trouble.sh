#!/bin/bash
# Breaks what a worker needs and prints what it says beside the truth: Tests/Trouble/trouble.py says how. Five minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

made() { # a virtual environment with packages, as the tests make them
    local home=.build/venv-$1
    shift
    local mark; mark=$home/.has-$(IFS=-; echo "$*")
    if [[ ! -e $mark ]]; then
        python3 -m venv "$home"
        "$home/bin/pip" install -q --disable-pip-version-check "$@"
        touch "$mark"
    fi
}
made ministack ministack==1.5.33 cbor2==6.2.1
made boto boto3==1.44.5
exec .build/venv-boto/bin/python -B Tests/Trouble/trouble.py --converge "${CONVERGE:-.build/release/converge}" \
    --emulator-python .build/venv-ministack/bin/python "$@"
