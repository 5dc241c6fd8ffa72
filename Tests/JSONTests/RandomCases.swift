import Glibc
import Platform
import Testing

/// SplitMix64 (S. Vigna): small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `outOf` times.
    mutating func chance(_ outOf: Int) -> Bool { below(outOf) == 0 }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

struct Violation: Error, CustomStringConvertible {
    let description: String
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Violation(description: what()) }
}

/// Runs `body` on random cases until one fails, and says which seed makes that case again.
func forAll(
    _ cases: Int = 10_000, seed: UInt64 = 0x5EED, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout SeededGenerator) throws -> Void
) {
    for number in 0..<cases {
        let caseSeed = seed &+ UInt64(number) &* 0x1_0000_0001
        var generator = SeededGenerator(seed: caseSeed)
        do {
            try body(&generator)
        } catch {
            Issue.record("case \(number), seed \(caseSeed): \(error)", sourceLocation: sourceLocation)
            return
        }
    }
}

/// Memory with an unreadable page behind it: reading one byte too many is a crash.
final class GuardedPage {
    private let base: UnsafeMutableRawPointer
    private let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    private let size: Int

    init(pages: Int = 16) throws {
        size = pages * page
        let mapped = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED, mprotect(mapped + size, page, PROT_NONE) == 0 else {
            throw Violation(description: "mmap: \(errno)")
        }
        base = mapped
    }

    deinit { munmap(base, size + page) }

    /// The bytes, the last of them right before the unreadable page.
    func copy(_ bytes: [UInt8]) -> ByteView {
        precondition(bytes.count <= size)
        let start = base + (size - bytes.count)
        bytes.withUnsafeBytes { source in
            if let from = source.baseAddress { start.copyMemory(from: from, byteCount: bytes.count) }
        }
        return ByteView(start: start, count: bytes.count)
    }

    func copy(_ text: String) -> ByteView { copy(Array(text.utf8)) }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
