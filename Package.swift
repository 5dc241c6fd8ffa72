// swift-tools-version: 6.0
import PackageDescription

/// Debian packages of the system libraries are installed by `make deps`.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// The hot path crosses modules (bytes, JSON, lattice, decoders, shards), so release builds optimise across them.
/// Exclusive access to a decoder's or shard's own scratch is checked in debug builds, where the tests run.
let fast: [SwiftSetting] = [
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

let package = Package(
    name: "converge",
    products: [.executable(name: "converge", targets: ["converge"])],
    targets: [
        // C libraries: module maps and thin shims.
        .target(
            name: "CSimdJSON",
            cxxSettings: [.unsafeFlags(["-O3"], .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("simdjson")]),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system("CRocksDB", pkgConfig: "rocksdb", apt: "librocksdb-dev"),

        // The core, from the bottom up.
        .target(name: "Bytes", swiftSettings: fast),
        .target(name: "JSON", dependencies: ["Bytes", "CSimdJSON"], swiftSettings: fast),
        .target(name: "Lattice", dependencies: ["Bytes", "CCrypto"], swiftSettings: fast),
        .target(name: "ContactCenter", dependencies: ["Bytes", "JSON", "Lattice", "CCrypto", "CZlib"], swiftSettings: fast),
        .target(name: "Engine", dependencies: ["Bytes", "ContactCenter", "Lattice"], swiftSettings: fast),
        .target(name: "Ingest", dependencies: ["Bytes", "Engine", "CZlib", "CZstd", "CCrypto"], swiftSettings: fast),
        .target(name: "Storage", dependencies: ["Bytes", "Engine", "Lattice", "CRocksDB"], swiftSettings: fast),
        .target(name: "Simulation", swiftSettings: fast),
        .executableTarget(
            name: "converge",
            dependencies: ["ContactCenter", "Engine", "Ingest", "Lattice", "Simulation", "Storage"], swiftSettings: fast),

        .executableTarget(name: "perf", dependencies: ["Engine", "ContactCenter", "JSON", "Lattice", "Bytes"], path: "Benchmarks/perf", swiftSettings: fast),

        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "LatticeTests", dependencies: ["Lattice"]),
        .testTarget(
            name: "ContactCenterTests",
            dependencies: ["ContactCenter", "Lattice", "JSON", "Bytes", "Simulation", "CCrypto", "CZlib"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "Lattice", "ContactCenter"]),
        .testTarget(name: "IngestTests", dependencies: ["Ingest", "Engine", "CZlib", "CZstd"]),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "Engine", "Lattice"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "ContactCenter", "JSON"]),
        .testTarget(name: "IntegrationTests", dependencies: ["converge"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
