#!/bin/bash
# Takes the two pictures of the demo that the README shows: docs/console/demo-well.png and demo-lost.png. What a person sees of `make demo`.
# usage: scripts/console-pictures.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# The environment of the console's tests, made here if they have not run yet.
venv=.build/venv-console
if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check playwright==1.65.2 axe-playwright-python==0.1.8 jsonschema==4.23.0 PyYAML==6.0.2 pillow==13.0.0
fi
exec "$venv/bin/python" -B Tests/Console/take_demo.py
