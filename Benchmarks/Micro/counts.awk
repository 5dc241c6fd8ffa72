# From callgrind's dump, a line a part: case, operations, then the word `instructions` and their number, or `allocations` and theirs.
function finish() {
    if (name != "") print name, operations, of_calls ? "allocations" : "instructions", of_calls ? allocations : instructions
    name = ""
    allocations = 0
}
/^desc: Trigger: / { finish() }
/^desc: Trigger: Client Request: / { name = $5; operations = $6; of_calls = $7 == "calls" }
# An aligned allocation asks malloc in its turn.
/^fn=/ { allocating = $0 ~ /memalign/ }
/^cfn=/ { allocates = !allocating && $0 ~ /^cfn=(malloc|calloc|realloc|aligned_alloc|posix_memalign)$/ }
/^calls=/ && allocates { allocations += substr($1, 7) }
/^totals: / { instructions = $2 }
END { finish() }
