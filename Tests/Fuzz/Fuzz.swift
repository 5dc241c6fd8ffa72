import Glibc
import Platform

// The fuzzers: libFuzzer calls the one function below with bytes of its making, and the environment variable FUZZ_TARGET
// says which target takes them. `scripts/fuzz.sh` builds and runs them; this directory is no target of Package.swift.

/// What takes the bytes. A target finds a defect by calling ``require(_:_:)`` with something that does not hold, or by
/// making the code under it trap or touch memory that is not its own.
protocol FuzzTarget {
    init()
    func run(_ input: ByteView)
}

nonisolated(unsafe) private let targets: [String: any FuzzTarget.Type] = [
    "record": RecordTarget.self,
    "envelope": EnvelopeTarget.self,
    "json": JSONTarget.self,
    "entity": EntityTarget.self,
    "state": StateTarget.self,
    "timestamp": TimestampTarget.self,
    "token": TokenTarget.self,
    "request": RequestTarget.self,
    "event": EventTarget.self,
    "batch": BatchTarget.self,
    "seeds": DerivedSeeds.self,
]

nonisolated(unsafe) private let target: any FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let type = targets[name] else { stop("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))") }
    return type.init()
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(ByteView(start: bytes, count: count))
    return 0
}

/// Stops with a message, which libFuzzer reports as a crash and keeps the input of.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { stop(message()) }
}

func stop(_ message: String) -> Never {
    let line = Array("fuzz: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}
