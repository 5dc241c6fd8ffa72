// swift-tools-version: 6.0
import PackageDescription

/// A C library with its module map and shim; the Debian packages are installed by `make deps`.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// The hot path crosses modules (bytes, JSON, lattice, decoders, shards), so release builds optimise across them.
/// Exclusive access to a decoder's or shard's own scratch is checked in debug builds, where the tests run.
let fast: [SwiftSetting] = [
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: fast)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude)
}

let package = Package(
    name: "converge",
    products: [.executable(name: "converge", targets: ["converge"])],
    targets: [
        // C libraries.
        .target(
            name: "CSimdJSON",
            cxxSettings: [.unsafeFlags(["-O3"], .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CIntrinsics", path: "Sources/CIntrinsics"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CRocksDB", pkgConfig: "rocksdb", apt: "librocksdb-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        system("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),

        // From the bottom up: a module knows those above it in this list only.
        module("Bytes"),
        module("JSON", ["Bytes", "CSimdJSON"]),
        module("Lattice", ["Bytes", "CCrypto"]),
        module("ContactCenter", ["Bytes", "JSON", "Lattice", "CCrypto", "CZlib"]),
        module("AWS", ["Bytes", "CCurl", "CZlib", "JSON", "Lattice"]),
        module("Engine", ["Bytes", "ContactCenter", "Lattice", "CIntrinsics"]),
        module("Ingest", ["AWS", "Bytes", "ContactCenter", "Engine", "JSON", "Lattice", "CRdKafka", "CZlib", "CZstd"]),
        module("Storage", ["AWS", "Bytes", "ContactCenter", "Engine", "JSON", "Lattice", "CRocksDB", "CZlib"]),
        module("Simulation", ["Bytes", "ContactCenter", "Engine", "Lattice"]),
        module("Operations", ["Bytes", "ContactCenter", "Engine", "JSON", "Lattice", "CMicroHTTPD", "CYAML"]),
        .executableTarget(
            name: "converge",
            dependencies: [
                "AWS", "Bytes", "ContactCenter", "Engine", "Ingest", "JSON", "Lattice", "Operations", "Simulation", "Storage",
                "CIntrinsics",
            ],
            swiftSettings: fast),

        // What measures it: `make bench`, `make bench-kafka`, `make bench-aws`.
        .target(name: "Measuring", dependencies: ["Bytes", "JSON"], path: "Benchmarks/Measuring", swiftSettings: fast),
        .executableTarget(
            name: "bench-stages", dependencies: ["Bytes", "ContactCenter", "Engine", "JSON"], path: "Benchmarks/Stages",
            swiftSettings: fast),
        .executableTarget(
            name: "bench-replay", dependencies: ["Measuring"], path: "Benchmarks/Replay", swiftSettings: fast),
        .executableTarget(
            name: "bench-kafka",
            dependencies: ["Bytes", "CRdKafka", "ContactCenter", "Engine", "Ingest", "Measuring", "Operations", "Storage"],
            path: "Benchmarks/Kafka", swiftSettings: fast),
        .executableTarget(
            name: "bench-aws",
            dependencies: ["AWS", "Bytes", "ContactCenter", "Engine", "JSON", "Lattice", "Measuring", "Simulation", "Storage"],
            path: "Benchmarks/AWS",
            exclude: ["aws.py", "kinesis.py", "load.c", "put.py", "report.py", "skip.py", "stub.c"],
            swiftSettings: fast),

        // Counted instruction by instruction: `make bench-micro`.
        .systemLibrary(name: "CCallgrind", path: "Benchmarks/CCallgrind"),
        .executableTarget(
            name: "bench-micro",
            dependencies: ["AWS", "Bytes", "CCallgrind", "ContactCenter", "Engine", "Ingest", "JSON", "Lattice", "Storage"],
            path: "Benchmarks/Micro", exclude: ["compare.jq", "counts.awk", "events", "measured.jq"], swiftSettings: fast,
            // Valgrind 3.19 gives up on DWARF 5; it needs the names of functions only.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--strip-debug"])]),

        // What all tests wait with and are limited by; servers that tests start, and what they are made of.
        .target(name: "TestSupport", path: "Tests/Support"),
        .target(name: "Servers", dependencies: ["TestSupport"], path: "Tests/Servers", exclude: ["python"]),

        tests("JSONTests", ["Bytes", "JSON"]),
        tests("LatticeTests", ["Bytes", "Lattice"]),
        tests("ContactCenterTests", ["Bytes", "CCrypto", "CZlib", "ContactCenter", "JSON", "Lattice", "Simulation"]),
        tests("AWSTests", ["AWS", "Bytes", "JSON", "Lattice", "Servers"], exclude: ["oracle"]),
        tests("EngineTests", ["Bytes", "ContactCenter", "Engine", "Lattice", "Simulation", "Storage"]),
        tests(
            "IngestTests",
            ["AWS", "Bytes", "CRdKafka", "CZlib", "CZstd", "ContactCenter", "Engine", "Ingest", "Lattice", "Servers"],
            exclude: ["Kinesis/double"]),
        tests(
            "StorageTests",
            ["AWS", "Bytes", "CRocksDB", "CZlib", "ContactCenter", "Engine", "JSON", "Lattice", "Servers", "Storage"]),
        tests("SimulationTests", ["Bytes", "ContactCenter", "Engine", "Lattice", "Simulation"], exclude: ["Seeds"]),
        tests("OperationsTests", ["Bytes", "ContactCenter", "Engine", "Lattice", "Operations", "Storage"]),
        tests(
            "IntegrationTests",
            [
                "converge", "AWS", "Bytes", "CRdKafka", "CZlib", "CZstd", "ContactCenter", "Engine", "Ingest", "JSON",
                "Lattice", "Servers", "Storage",
            ],
            exclude: [
                "DynamoDB/control_plane.py", "Kafka/openapi.py", "Kafka/sasl.py", "Kafka/schemathesis.toml", "Kafka/tls.py",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
