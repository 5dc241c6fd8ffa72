#!/usr/bin/env bash
# The worker on Kafka: how fast it drains topics, beside a consumer that only counts, and how long after it is due an event is durable at a
# steady rate. Change the size by EVENTS, ROUNDS, LAG_RATE (events a second), LAG_SECONDS and LAG_ROUNDS; arguments NAME=VALUE are
# options of librdkafka for the worker. The report goes to standard output. Take the machine to yourself.
set -euo pipefail
cd "$(dirname "$0")/.."

events=${EVENTS:-200000}
rate=${LAG_RATE:-20000}
seconds=${LAG_SECONDS:-30}
scratch=.build/bench
mkdir -p "$scratch"

swift build -c release --product converge >&2
swift build -c release --product bench-kafka >&2
cc -O3 -Wall -Wextra -o "$scratch/count" Benchmarks/count.c -lrdkafka

# Warming up takes 5 s, and partitions are filled evenly.
needed=$(((seconds + 6) * rate))
((needed > events)) || needed=$events
file=$scratch/events-$needed.jsonl
[ -f "$file" ] || .build/release/converge generate --events "$needed" --output "$file" >&2
.build/release/bench-kafka drain "$PWD/.build/release/converge" "$PWD/$scratch/count" "$PWD/$file" "$events" "$PWD/$scratch" \
    "${ROUNDS:-7}" "$@"
echo
# A fetch that finds nothing is answered by the mock broker when its wait is over.
"$PWD/.build/release/bench-kafka" lag "$PWD/$file" "$PWD/$scratch" "${LAG_ROUNDS:-3}" "$rate" "$seconds" fetch.wait.max.ms=1 "$@"
