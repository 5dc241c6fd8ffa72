# From the lines of counts.awk to what is kept in instructions.json: case -> instructions and allocations of an operation.
[inputs / " " | {case: .[0], operations: (.[1] | tonumber), what: .[2], count: (.[3] | tonumber)}]
| group_by(.case)
| map(
    (map(select(.what == "instructions")) | sort_by(.operations)) as [$short, $long]
    | (map(select(.what == "allocations"))[0]) as $calls
    | {
        key: .[0].case,
        value: {
            instructions: (($long.count - $short.count) / ($long.operations - $short.operations) | . * 10 | round / 10),
            allocations: ($calls.count / $calls.operations | . * 100 | round / 100)
        }
    })
| from_entries
| {compiler: $compiler, cases: .}
