#!/bin/bash
# Replays the captured events under fixtures into a fresh state and looks at what they became.
# AGENT and CONTACT choose what is shown, by default those of which most is known; REGISTER what is explained of the agent.
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

# The agent's first register of these, in this order.
first_register() {
    local line prefix name
    line=$("$converge" show agent "$1" --state "$state" --format json)
    for prefix in presence active seen; do
        name=$(grep -o "\"$prefix/[^\"]*\":{" <<<"$line" | sed -n '1s/^"\(.*\)":{$/\1/p') || continue
        printf '%s' "$name"
        return
    done
}

rm -rf "$state"
run replay "$events" --state "$state"

AGENT=${AGENT:-$(best_known agent)}
CONTACT=${CONTACT:-$(best_known contact)}
REGISTER=${REGISTER:-$(first_register "$AGENT")}
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
