// swift-tools-version: 6.0
import PackageDescription

/// A C library with its module map and shim; the Debian packages are installed by `make deps`.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// Optimised with assertions, as the simulation runs it (`make simulate`): with CONVERGE_ASSERTIONS=1, into a folder of its own.
let hasAssertions = Context.environment["CONVERGE_ASSERTIONS"] == "1"

/// The hot path crosses modules (bytes, JSON, lattice, decoders, shards), so release builds optimise across them.
/// Exclusive access to a decoder's or shard's own scratch is checked in debug builds, where the tests run.
let fast: [SwiftSetting] = [
    .unsafeFlags(
        ["-cross-module-optimization", "-enforce-exclusivity=unchecked"] + (hasAssertions ? ["-assert-config", "Debug"] : []),
        .when(configuration: .release))
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path ?? name)", swiftSettings: fast)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude)
}

let package = Package(
    name: "converge",
    products: [
        .executable(name: "converge", targets: ["converge"]),
        .executable(name: "converge-lambda", targets: ["converge-lambda"]),
    ],
    targets: [
        // C libraries.
        .target(
            name: "CSimdJSON",
            cxxSettings: [.unsafeFlags(["-O3"], .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CAmazonLinux", path: "Sources/CAmazonLinux"),
        // The console's files: the compiler carries them in.
        .target(name: "CConsole", path: "Sources/CConsole", exclude: ["web"]),
        .systemLibrary(name: "CIntrinsics", path: "Sources/CIntrinsics"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CSSL", pkgConfig: "libssl", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CRocksDB", pkgConfig: "rocksdb", apt: "librocksdb-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        system("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),

        // From the bottom up: a module knows those above it in this list only (`scripts/modules.py` looks).
        module("Platform", ["CCrypto"]),
        module("JSON", ["Platform", "CSimdJSON"]),
        module("Observability", ["Platform", "JSON"]),
        module("Lattice", ["Platform"]),
        module("ContactCenter", ["Platform", "JSON", "Lattice", "CCrypto", "CZlib"]),
        module("Leases"),
        module("EngineCore", ["Platform", "Observability", "Lattice", "ContactCenter", "CIntrinsics"]),
        module("Engine", ["Platform", "Lattice", "ContactCenter", "EngineCore"]),
        module("FailoverCore", ["Platform"]),
        module("FeedCore", ["Platform", "Lattice", "ContactCenter"]),
        module("HTTPClient", ["Platform", "CCurl"], path: "HTTP/Client"),
        module("Tokens", ["Platform", "JSON", "CCrypto"]),
        module("HTTPServer", ["Platform", "JSON", "CMicroHTTPD", "CSSL"], path: "HTTP/Server"),
        module("Console", ["Platform", "HTTPServer", "CConsole", "CZlib"]),
        module("AWS", ["Platform", "JSON", "HTTPClient", "CZlib"]),
        module(
            "Ingest",
            ["Platform", "JSON", "ContactCenter", "Leases", "EngineCore", "HTTPClient", "AWS", "CZlib", "CZstd", "CRdKafka"]),
        module(
            "Storage",
            [
                "Platform", "JSON", "Lattice", "ContactCenter", "EngineCore", "FeedCore", "HTTPClient", "AWS", "CZlib", "CZstd",
            ]),
        module("EmbeddedStorage", ["Platform", "Lattice", "ContactCenter", "EngineCore", "Engine", "CRocksDB"]),
        module("Failover", ["Platform", "JSON", "FailoverCore", "HTTPClient", "AWS"]),
        module("Writing", ["Platform", "JSON", "Lattice", "ContactCenter", "EngineCore"]),
        // Linked for Amazon Linux 2023, so without RocksDB, librdkafka and a server: scripts/symbols.py looks.
        module(
            "Lambda",
            [
                "Platform", "JSON", "Observability", "Lattice", "ContactCenter", "EngineCore", "HTTPClient", "AWS", "Storage",
                "Writing",
            ]),
        .executableTarget(name: "converge-lambda", dependencies: ["Lambda", "CAmazonLinux"], swiftSettings: fast),
        module(
            "API",
            [
                "Platform", "JSON", "Tokens", "Observability", "Lattice", "ContactCenter", "EngineCore", "FeedCore",
                "HTTPServer", "Writing",
            ]),
        module(
            "Worker",
            [
                "Platform", "JSON", "Tokens", "Observability", "Lattice", "ContactCenter", "EngineCore", "Engine",
                "FailoverCore", "FeedCore",
                "HTTPClient", "HTTPServer", "AWS", "Ingest", "Storage", "EmbeddedStorage", "Failover", "Writing", "API",
                "Console", "CYAML", "CIntrinsics",
            ]),
        module(
            "Simulation",
            [
                "Platform", "JSON", "Observability", "Lattice", "ContactCenter", "Leases", "EngineCore", "FailoverCore",
                "FeedCore",
            ]),
        .executableTarget(
            name: "converge",
            dependencies: [
                "Platform", "JSON", "Observability", "Lattice", "ContactCenter", "EngineCore", "Engine", "FailoverCore",
                "HTTPClient", "AWS", "Ingest", "Storage", "EmbeddedStorage", "Failover", "Lambda", "Worker", "Simulation",
            ],
            swiftSettings: fast),

        // What measures it: `make bench`, `make bench-kafka`, `make bench-aws`.
        .target(name: "Measuring", dependencies: ["Platform", "JSON"], path: "Benchmarks/Measuring", swiftSettings: fast),
        .executableTarget(
            name: "bench-stages", dependencies: ["Platform", "JSON", "ContactCenter", "EngineCore"], path: "Benchmarks/Stages",
            swiftSettings: fast),
        .executableTarget(
            name: "bench-replay", dependencies: ["Measuring"], path: "Benchmarks/Replay", swiftSettings: fast),
        .executableTarget(
            name: "bench-kafka",
            dependencies: ["Platform", "JSON", "Observability", "EngineCore", "Ingest", "Worker", "Measuring", "CRdKafka"],
            path: "Benchmarks/Kafka", swiftSettings: fast),
        .executableTarget(
            name: "bench-aws",
            dependencies: [
                "Platform", "JSON", "Lattice", "ContactCenter", "EngineCore", "AWS", "Storage", "Worker", "Simulation",
                "Measuring",
            ],
            path: "Benchmarks/AWS",
            exclude: ["aws.py", "kinesis.py", "load.c", "put.py", "report.py", "skip.py", "stub.c"],
            swiftSettings: fast),

        // What a page of a list costs: `make bench-lists`.
        .executableTarget(
            name: "bench-lists",
            dependencies: ["Platform", "ContactCenter", "EngineCore", "FeedCore", "HTTPServer", "API"],
            path: "Benchmarks/Lists",
            swiftSettings: fast),

        // Counted instruction by instruction: `make bench-micro`.
        .systemLibrary(name: "CCallgrind", path: "Benchmarks/CCallgrind"),
        .executableTarget(
            name: "bench-micro",
            dependencies: [
                "Platform", "JSON", "Lattice", "ContactCenter", "EngineCore", "HTTPClient", "AWS", "Ingest", "Storage",
                "CCallgrind",
            ],
            path: "Benchmarks/Micro", exclude: ["compare.jq", "counts.awk", "events", "measured.jq"], swiftSettings: fast,
            // Valgrind 3.19 gives up on DWARF 5; it needs the names of functions only.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--strip-debug"])]),

        // What all tests wait with and are limited by; servers that tests start, and what they are made of.
        .target(name: "TestSupport", path: "Tests/Support"),
        .target(name: "Servers", dependencies: ["HTTPClient", "TestSupport"], path: "Tests/Servers", exclude: ["python"]),
        // What tests of the engine's core and of its threads share.
        .target(
            name: "EngineSupport",
            dependencies: ["Platform", "Lattice", "ContactCenter", "EngineCore", "Simulation", "TestSupport"],
            path: "Tests/EngineSupport"),

        // What tests of failover share.
        .target(name: "FailoverSupport", dependencies: ["FailoverCore", "Failover"], path: "Tests/FailoverSupport"),

        tests("PlatformTests", ["Platform"]),
        tests("JSONTests", ["Platform", "JSON"]),
        tests("ObservabilityTests", ["Platform", "Observability"]),
        tests("LatticeTests", ["Platform", "Lattice", "ContactCenter"]),
        tests(
            "ContactCenterTests",
            ["Platform", "JSON", "Observability", "Lattice", "ContactCenter", "Simulation", "CCrypto", "CZlib"]),
        tests("LeasesTests", ["Leases"]),
        tests(
            "EngineCoreTests",
            ["Platform", "Observability", "Lattice", "ContactCenter", "EngineCore", "Storage", "Simulation", "EngineSupport"]),
        tests(
            "EngineTests",
            [
                "Platform", "Observability", "Lattice", "ContactCenter", "EngineCore", "Engine", "Storage", "Simulation",
                "EngineSupport",
            ]),
        tests("FailoverCoreTests", ["Platform", "FailoverCore"]),
        tests("FeedCoreTests", ["Platform", "Lattice", "ContactCenter", "FeedCore"]),
        tests(
            "FailoverTests", ["Platform", "FailoverCore", "HTTPClient", "AWS", "Failover", "FailoverSupport", "Servers"],
            exclude: ["Reports/Golden"]),
        tests("TokensTests", ["Platform", "Tokens", "Servers", "CCrypto"]),
        tests("HTTPTests", ["Platform", "Observability", "HTTPClient", "HTTPServer", "API", "Servers", "CSSL"]),
        tests("ConsoleTests", ["Platform", "HTTPServer", "Console"]),
        tests("AWSTests", ["Platform", "JSON", "HTTPClient", "AWS", "Servers"], exclude: ["oracle"]),
        tests(
            "IngestTests",
            [
                "Platform", "Leases", "EngineCore", "HTTPClient", "AWS", "Ingest", "Simulation", "Servers", "CZlib", "CZstd",
                "CRdKafka",
            ], exclude: ["Kinesis/double"]),
        tests(
            "StorageTests",
            [
                "Platform", "JSON", "Lattice", "ContactCenter", "EngineCore", "FeedCore", "HTTPClient", "AWS", "Storage",
                "EmbeddedStorage",
                "Simulation", "EngineSupport", "Servers", "CZlib", "CZstd", "CRocksDB",
            ]),
        tests(
            "APITests",
            [
                "Tokens", "Platform", "JSON", "Observability", "Lattice", "ContactCenter", "EngineCore", "FeedCore",
                "HTTPServer", "Storage", "Writing", "API",
            ]),
        tests(
            "LambdaTests",
            [
                "Platform", "JSON", "Observability", "Lattice", "ContactCenter", "EngineCore", "AWS", "Storage", "Writing",
                "Lambda", "Servers", "converge-lambda",
            ]),
        tests(
            "WorkerTests",
            [
                "Platform", "Observability", "Lattice", "ContactCenter", "EngineCore", "FailoverCore", "FeedCore", "AWS",
                "Ingest", "Storage", "Failover", "HTTPServer", "Tokens", "API",
                "Lambda", "Worker", "Servers",
            ]),
        tests(
            "SimulationTests", ["Platform", "ContactCenter", "Leases", "EngineCore", "FailoverCore", "Simulation"],
            exclude: ["Seeds"]),
        tests("ConvergeTests", ["Platform", "Observability", "converge"]),
        tests(
            "IntegrationTests",
            [
                "Platform", "JSON", "ContactCenter", "EngineCore", "Engine", "HTTPClient", "AWS", "Ingest", "Storage",
                "EmbeddedStorage", "converge",
                "Servers", "CZlib", "CZstd", "CRdKafka",
            ],
            exclude: [
                "DynamoDB/control_plane.py", "Kafka/cursors.py", "Kafka/openapi.py", "Kafka/sasl.py", "Kafka/schemathesis.toml",
                "Kafka/tls.py",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
