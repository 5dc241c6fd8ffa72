#!/bin/bash
# What `make test` simulates, with the program optimised and its assertions kept (.build/checked): every seed that ever failed, fresh seeds for SIMULATION_SECONDS, and
# every mutant until it is caught. A fresh seed that fails is added to the regressions.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SIMULATION_SECONDS:-60}
regressions=Tests/SimulationTests/Seeds/regressions.txt
build=(swift build -c release --product converge --scratch-path .build/checked)
CONVERGE_ASSERTIONS=1 "${build[@]}"
converge=$(CONVERGE_ASSERTIONS=1 "${build[@]}" --show-bin-path)/converge

echo "simulate: seeds that failed once"
while read -r seed events faults; do
    "$converge" simulate --seed "$seed" --events "$events" --faults "$faults" >/dev/null
done < <(grep -v '^#' "$regressions")

echo "simulate: fresh seeds for $seconds s"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
if ! "$converge" simulate --seed random --for "${seconds}s" --format json >"$report"; then
    # The first one is enough to go on with.
    seed=$(sed 's/.*"failed":\[{"seed":\([0-9]*\).*/\1/' "$report")
    printf '# Failed as a fresh seed.\n%s 2000 all\n' "$seed" >>"$regressions"
    echo "simulate: seed $seed failed and is now in $regressions" >&2
    exit 1
fi
sed 's/.*"seeds":\([0-9]*\),"firstSeed":\([0-9]*\).*/simulate: \1 fresh seeds from \2 passed/' "$report"

# Under which faults a mutant is looked for: where not all, those without which it does no harm and that are rare among all.
declare -A faults=(
    [bare-counter]=restore,theft [ignore-epoch]=restore [end-early]=reshard [undurable-letter]=dead-letters
    [trust-lost-answer]=lost-answer [retry-refused]=small-items [drop-refused]=small-items
    [keep-deleted-lease]=deleted-lease [keep-dictionary]=restore
    [trust-lost-put]=lost-activation,replication-lag [hammer]=few-units
    [cool-down-forgotten]=wandering-fault [moves-unbounded]=region-dead [cause-unasked]=telephony-dead,lying-signal
    [hold-ignored]=region-dead [trust-silence]=region-dead,late-update [late-actuator]=region-dead,pause-controller
    [send-blind]=region-dead,lost-control [stale-evidence]=wandering-fault
)
for mutant in $("$converge" simulate --help | sed -n 's/^Mutants\( of failover\| of the feed\)\?: \(.*\)\.$/\2/p' | tr -d ','); do
    status=0
    "$converge" simulate --seeds 200 --mutant "$mutant" --faults "${faults[$mutant]:-all}" >"$report" 2>&1 || status=$?
    if [ "$status" -ne 1 ]; then
        echo "simulate: nothing was found wrong with the mutant $mutant in 200 seeds (exit code $status)" >&2
        exit 1
    fi
done
echo "simulate: every mutant was caught"
