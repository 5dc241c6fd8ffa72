#!/bin/bash
# Replays the captured events under fixtures into a fresh state and looks at what they became.
# AGENT and CONTACT choose what is shown, REGISTER what is explained of the agent: by default the agent whose last word is a
# late heartbeat of the dead Region, and a call that went on in the other one (fixtures/README.md, region-failover).
set -euo pipefail
cd "$(dirname "$0")/.."

converge=.build/release/converge
state=.build/replay-state
events=fixtures

run() {
    printf '\n$ converge %s\n' "$*"
    "$converge" "$@"
}

rm -rf "$state"
run replay "$events" --state "$state"

AGENT=${AGENT:-111122223333/7c1d52e0/a0000001-242b-5d09-ae0e-5fc52ed292da}
CONTACT=${CONTACT:-c2000011-78f3-5c0d-a0e1-719787d85913}
REGISTER=${REGISTER:-presence/us-east-1}
run show agent "$AGENT" --state "$state"
run show contact "$CONTACT" --state "$state"
run explain agent "$AGENT" "$REGISTER" --from "$events"

cat <<'NEXT'

Where to go next
  converge explain contact ID --from fixtures   every telling of a contact's facts, the winners marked
  converge verify fixtures                      the same events in other orders, twice and split up: one digest
  README.md                                     the other commands, and how it runs
  docs/merge.md                                 what every event writes, and which telling wins
NEXT
