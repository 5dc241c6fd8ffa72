#!/bin/bash
# Builds the fuzzers (Tests/Fuzz) with libFuzzer and AddressSanitizer and runs each for FUZZ_SECONDS (60).
# usage: scripts/fuzz.sh [TARGET...]     targets: record envelope json entity state timestamp token request event batch
# A finding ends the run; its input is kept under .build/fuzz/findings, and the line printed with it runs it again.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
targets=("$@")
((${#targets[@]} > 0)) || targets=(record envelope json entity state timestamp token request event batch)

build=.build/fuzz
fuzzer=$build/fuzzer
# A crash would wait for the backtracer's answer otherwise.
export SWIFT_BACKTRACE=enable=no
# The Swift runtime keeps some memory for good, which is no leak of ours.
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}

swift_flags=(
    -swift-version 6 -package-name converge -O -assert-config Debug -g -wmo -parse-as-library -enable-testing -sanitize=fuzzer,address
    -I "$build/modules" -I Sources/CCrypto -I Sources/CZlib -I Sources/CIntrinsics -I Sources/CMicroHTTPD -I Sources/CSSL
)

# Compiles a module of sources that follow its name.
compile() {
    local module=$1
    shift
    swiftc "${swift_flags[@]}" -module-name "$module" -emit-module -emit-module-path "$build/modules/$module.swiftmodule" \
        -emit-object -o "$build/$module.o" "$@"
}

# Whether anything that goes into the fuzzer is newer than it.
is_stale() {
    [[ ! -x $fuzzer ]] || [[ -n $(find Sources Tests/Fuzz scripts/fuzz.sh -newer "$fuzzer" -type f -print -quit) ]]
}

build_fuzzer() {
    local module folder clang objects=()
    mkdir -p "$build/modules/CSimdJSON"
    cat >"$build/modules/CSimdJSON/module.modulemap" <<MAP
module CSimdJSON {
    header "$PWD/Sources/CSimdJSON/include/csimdjson.h"
    export *
}
MAP
    # The clang beside the Swift compiler, whose sanitizers are the same.
    clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang++
    "$clang" -std=c++17 -O2 -g -fsanitize=fuzzer-no-link,address -I Sources/CSimdJSON/include \
        -c Sources/CSimdJSON/walk.cpp -o "$build/CSimdJSON.o"
    for module in Platform JSON Observability Lattice ContactCenter EngineCore FeedCore Tokens HTTPServer Writing API; do
        folder=Sources/$module
        [[ $module == HTTPServer ]] && folder=Sources/HTTP/Server
        mapfile -t sources < <(find "$folder" -name '*.swift' | sort)
        compile "$module" "${sources[@]}"
        objects+=("$build/$module.o")
    done
    compile Fuzz Tests/Fuzz/*.swift
    swiftc -use-ld=lld -sanitize=fuzzer,address "$build/CSimdJSON.o" "${objects[@]}" "$build/Fuzz.o" -o "$fuzzer" \
        -lsimdjson -lmicrohttpd -lssl -lcrypto -lz -lstdc++
}

# Fills the corpora: the seeds of the tree, traffic of the model where the command line tool is built, and for what lies
# behind the decoders what those records become.
seed_corpora() {
    local target corpus line=0 text
    for target in record envelope json entity state timestamp token request event batch; do mkdir -p "$build/corpus/$target"; done
    cp Tests/Fuzz/seeds/*.json "$build/corpus/record/"
    if [[ -x .build/release/converge && ! -e $build/traffic.jsonl ]]; then
        .build/release/converge generate --events 200 --agents 20 --seed 1 --start 2026-03-02T14:00:00Z --output "$build/traffic.jsonl" >/dev/null
    fi
    if [[ -s $build/traffic.jsonl ]]; then
        while IFS= read -r text; do
            line=$((line + 1))
            printf '%s' "$text" >"$build/corpus/record/traffic-$line"
        done <"$build/traffic.jsonl"
    fi
    cp Tests/Fuzz/seeds/*.json "$build/corpus/json/"
    # The first byte of an envelope's input chooses the envelope.
    for corpus in Tests/Fuzz/seeds/*.json; do
        for target in 0 1 2 3 4 5 6 7 8 9; do
            { printf '%s' "$target" && cat "$corpus"; } >"$build/corpus/envelope/$target-$(basename "$corpus" .json)"
        done
    done
    # The protobuf of an aggregate with one user record.
    printf '0\x1a\x06\x08\x00\x1a\x02{}' >"$build/corpus/envelope/protobuf"
    printf '2024-02-29T23:59:60.123456+05:30' >"$build/corpus/timestamp/long"
    printf '2017-11-09T12:17.898Z' >"$build/corpus/timestamp/short"
    printf '20240229T235960,5-0530' >"$build/corpus/timestamp/basic"
    printf '0{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]}' >"$build/corpus/token/keys"
    printf '2{"alg":"ES256","kid":"a","typ":"JWT"}\n{"iss":"https://i.example","aud":["c"],"sub":"s","exp":1800000100,"scope":"s/read","username":"u"}\nx' >"$build/corpus/token/claims"
    printf '0/v1/changes?kinds=agent,session&ids=agent%%2F1&after=7' >"$build/corpus/request/target"
    printf '1Content-Length:5\nHost:a\nTransfer-Encoding:chunked' >"$build/corpus/request/fields"
    printf '2POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /word HTTP/1.1\r\nHost: localhost\r\n\r\n' \
        >"$build/corpus/request/chunks"
    printf '2POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello' >"$build/corpus/request/length"
    for corpus in session customer authentication flow queue; do
        { printf 0 && cat "Tests/Fuzz/seeds/cloudevent-$corpus.json"; } >"$build/corpus/event/$corpus"
    done
    printf '0{"specversion":"1.0","id":"e","source":"/d","type":"converge.session.v1","subject":"ann/1","data":{"status":"x"}}' >"$build/corpus/event/draft"
    printf '1{"status":"connected","a/b":null,"x%%":[1.50]}' >"$build/corpus/event/fields"
    printf '2{"phone":"+442079460018"}' >"$build/corpus/event/lookup"
    # Entries are a form, a key, a row and an entity, which the corpus of entities has.
    printf '\x01\x02\x00\x00\x01a\x01\x01t\x01s\x01\x011\x01\x019\x07\x00\x01\x00\x02\x01a\x01r\x08\x01\x00\x00\x00\x00\x00\x00\x00' >"$build/corpus/batch/empty-entity"
    FUZZ_TARGET=seeds FUZZ_CORPUS=$build/corpus "$fuzzer" -runs=0 "$build/corpus/record" 2>/dev/null
}

run_target() {
    local target=$1 log=$build/$1.log options=(-timeout=10 -rss_limit_mb=3072 -print_final_stats=1)
    [[ $target == timestamp ]] && options+=(-max_len=48)
    [[ $target == record || $target == json || $target == envelope || $target == state || $target == event ]] && options+=("-dict=Tests/Fuzz/keys.dict" -max_len=4096)
    mkdir -p "$build/findings"
    echo "fuzz: $target for $seconds s"
    if ! FUZZ_TARGET=$target "$fuzzer" "${options[@]}" -max_total_time="$seconds" \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log" >&2
        echo "fuzz: $target found something; again with: FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no $fuzzer INPUT" >&2
        return 1
    fi
    sed -n 's/^stat::number_of_executed_units: */fuzz:   inputs tried: /p' "$log"
}

if is_stale; then build_fuzzer; fi
seed_corpora
failed=0
for target in "${targets[@]}"; do run_target "$target" || failed=1; done
exit "$failed"
