#!/usr/bin/env bash
# Counts the instructions of the hot types on fixed input (Benchmarks/Micro), by callgrind, and holds them against Benchmarks/instructions.json.
# Fails where a case takes over a tenth more than the table says, or is missing in it; UPDATE=1 writes the table instead.
# usage: micro.sh [CASE...]     of these cases the instructions and allocations alone, and a dump for callgrind_annotate
set -euo pipefail
cd "$(dirname "$0")/.."

table=Benchmarks/instructions.json
scratch=.build/micro
dump=$scratch/callgrind.out
mkdir -p "$scratch"
rm -f "$dump"*

swift build -c release --product bench-micro >&2

# Nothing of the caller's environment: its size moves the stack. Hashes get no seed, and simdjson a kernel without AVX-512, which valgrind
# does not know.
env -i SWIFT_DETERMINISTIC_HASHING=1 SIMDJSON_FORCE_IMPLEMENTATION=haswell \
    "$(command -v valgrind)" --tool=callgrind --collect-atstart=no --combine-dumps=yes --compress-strings=no \
    --callgrind-out-file="$dump" .build/release/bench-micro Benchmarks/Micro/events "$@" 2>"$scratch/log" \
    || { cat "$scratch/log" >&2; exit 1; }

compiler=$(swift --version 2>/dev/null | paste -sd ' ')
awk -f Benchmarks/Micro/counts.awk "$dump" \
    | jq -nR --arg compiler "$compiler" -f Benchmarks/Micro/measured.jq >"$scratch/measured.json"

if (($# > 0)); then
    jq .cases "$scratch/measured.json"
    exit
fi
if [[ ${UPDATE:-} == 1 ]]; then
    # A case a line, so that a change of one is a line of a diff.
    jq -r '"{\n  \"compiler\": \(.compiler | tojson),\n  \"cases\": {\n"
        + ([.cases | to_entries[] | "    \(.key | tojson): \(.value | tojson)"] | join(",\n")) + "\n  }\n}"' \
        "$scratch/measured.json" >"$table"
    echo "bench-micro: $table is what was measured"
    exit
fi
kept=$(jq -r .compiler "$table")
if [[ $kept != "$compiler" ]]; then
    printf 'bench-micro: %s is of another compiler and is not compared:\n  %s\n  %s (this one)\n' "$table" "$kept" "$compiler" >&2
    exit
fi
complaints=$(jq -r --slurpfile kept "$table" -f Benchmarks/Micro/compare.jq "$scratch/measured.json")
if [[ -n $complaints ]]; then
    printf 'bench-micro: more instructions than %s says, by over a tenth, or not the same cases:\n%s\n' "$table" "$complaints" >&2
    echo "bench-micro: where that is meant, run \`make bench-micro UPDATE=1\` and commit the table with the change" >&2
    exit 1
fi
echo "bench-micro: $(jq '.cases | length' "$table") cases as $table says"
