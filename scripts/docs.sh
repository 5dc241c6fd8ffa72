#!/bin/bash
# Builds the documentation of the library modules with DocC: an archive a module and all of them merged, under .build/docs.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(Platform JSON Observability Lattice ContactCenter Leases EngineCore Engine FailoverCore FeedCore HTTPClient HTTPServer AWS Ingest Storage EmbeddedStorage Failover Writing Lambda API Worker Simulation)
out=.build/docs

swift build --quiet
bin=$(swift build --show-bin-path)
target=$(swiftc -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)",/\1/p' | head -n 1)

rm -rf "$out"
archives=()
for module in "${modules[@]}"; do
    graphs=$out/symbols/$module
    mkdir -p "$graphs"
    swift symbolgraph-extract -module-name "$module" -target "$target" -I "$bin/Modules" \
        -I Sources/CCrypto -I Sources/CSSL -I Sources/CZlib -I Sources/CZstd -I Sources/CRocksDB -I Sources/CYAML -I Sources/CMicroHTTPD \
        -I Sources/CCurl -I Sources/CIntrinsics \
        -Xcc "-fmodule-map-file=$bin/CSimdJSON.build/module.modulemap" \
        -minimum-access-level public -skip-synthesized-members -output-dir "$graphs"
    docc convert --fallback-display-name "$module" --fallback-bundle-identifier "converge.$module" \
        --additional-symbol-graph-dir "$graphs" --output-path "$out/$module.doccarchive" --diagnostic-level error >/dev/null
    archives+=("$out/$module.doccarchive")
done
docc merge "${archives[@]}" --synthesized-landing-page-name Converge --output-path "$out/Converge.doccarchive" >/dev/null
rm -rf "$out/symbols"

echo "docs: $out/Converge.doccarchive"
echo "docs: read it with: python3 -m http.server --directory $out/Converge.doccarchive 8000, then http://localhost:8000/documentation"
