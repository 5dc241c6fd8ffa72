#!/bin/bash
# Replays the captured events under fixtures into a fresh state and looks at what they became.
# AGENT and CONTACT choose what is shown: by default the first agent and the contact of which most is known.
set -euo pipefail
cd "$(dirname "$0")/.."

converge=.build/release/converge
state=.build/replay-state
events=fixtures

run() {
    printf '\n$ converge %s\n' "$*"
    "$converge" "$@"
}

# The id in the longest line that show prints of a kind.
best_known() {
    "$converge" show "$1" --state "$state" --format json |
        awk 'length > longest { longest = length; line = $0 } END { print line }' |
        sed 's/^{"id":"\([^"]*\)".*/\1/'
}

rm -rf "$state"
run replay "$events" --state "$state"

AGENT=${AGENT:-$("$converge" show agent --state "$state" | sed -n 1p)}
CONTACT=${CONTACT:-$(best_known contact)}
run show agent "$AGENT" --state "$state"
run show contact "$CONTACT" --state "$state"
run explain agent "$AGENT" presence/us-east-1 --from "$events"

cat <<'NEXT'

Where to go next
  converge explain contact ID --from fixtures   every telling of a contact's facts, the winners marked
  converge verify fixtures                      the same events in other orders, twice and split up: one digest
  README.md                                     streams instead of files, stores, deployment
  docs/merge.md                                 what every event writes, and which telling wins
NEXT
