// swift-tools-version: 6.0
import PackageDescription

/// Debian packages of the system libraries are installed by `make deps`.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

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
        .target(name: "Bytes"),
        .target(name: "JSON", dependencies: ["Bytes", "CSimdJSON"]),
        .target(name: "Lattice", dependencies: ["Bytes", "CCrypto"]),
        .target(name: "ContactCenter", dependencies: ["Bytes", "JSON", "Lattice", "CCrypto", "CZlib"]),
        .target(name: "Engine", dependencies: ["Bytes", "ContactCenter", "Lattice"]),
        .target(name: "Ingest", dependencies: ["Bytes", "Engine", "CZlib", "CZstd", "CCrypto"]),
        .target(name: "Storage", dependencies: ["Bytes", "ContactCenter", "Engine", "Lattice", "CRocksDB"]),
        .target(name: "Simulation"),
        .executableTarget(
            name: "converge",
            dependencies: ["ContactCenter", "Engine", "Ingest", "Lattice", "Simulation", "Storage"]),

        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "LatticeTests", dependencies: ["Lattice"]),
        .testTarget(name: "ContactCenterTests", dependencies: ["ContactCenter", "Lattice", "JSON"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "Lattice", "ContactCenter"]),
        .testTarget(name: "IngestTests", dependencies: ["Ingest", "Engine", "CZlib", "CZstd"]),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "Engine", "Lattice"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "ContactCenter", "JSON"]),
        .testTarget(name: "IntegrationTests", dependencies: ["converge"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
