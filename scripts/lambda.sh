#!/bin/bash
# Builds the zip for AWS Lambda (provided.al2023, x86_64): the executable as bootstrap, with the Swift runtime linked in, and under lib/ Debian's
# libcurl, libsimdjson and what those need, without the system's own libraries. Fails where something in it does not run there (scripts/symbols.py).
# usage: scripts/lambda.sh [OUTPUT.zip]     .build/lambda/converge-lambda.zip
set -euo pipefail
cd "$(dirname "$0")/.."

output=$(realpath -m "${1:-.build/lambda/converge-lambda.zip}")
stage=.build/lambda/stage
# The system's: those of Debian want a newer glibc, and AWS Lambda has its own.
system='^(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc\+\+)\.so'

swift build -c release --static-swift-stdlib --product converge-lambda --scratch-path .build/lambda/build
built=$(swift build -c release --static-swift-stdlib --scratch-path .build/lambda/build --show-bin-path)/converge-lambda

rm -rf "$stage"
mkdir -p "$stage/lib"
cp "$built" "$stage/bootstrap"
strip "$stage/bootstrap"
ldd "$built" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | while read -r name path; do
    [[ $name =~ $system ]] || cp -L "$path" "$stage/lib/$name"
done
chmod 755 "$stage/bootstrap"
chmod 644 "$stage"/lib/*
scripts/symbols.py --function "$stage"

# The same bytes for the same build: names in order, one time for all, no owners.
rm -f "$output"
python3 - "$stage" "$output" <<'ZIP'
import sys, zipfile
from pathlib import Path
stage = Path(sys.argv[1])
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for file in sorted(path for path in stage.rglob("*") if path.is_file()):
        entry = zipfile.ZipInfo(str(file.relative_to(stage)), (1980, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100755 if file.name == "bootstrap" else 0o100644) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, file.read_bytes())
ZIP
size=$(stat -c %s "$output")
# AWS takes 50 MB packed and 250 MB unpacked.
((size < 50 << 20)) || { echo "lambda: $output has $size bytes, more than AWS Lambda takes" >&2; exit 1; }
echo "lambda: $output: $((size / 1024)) KiB, $(du -sk "$stage" | cut -f1) KiB unpacked, sha256 $(sha256sum "$output" | cut -d' ' -f1)"
