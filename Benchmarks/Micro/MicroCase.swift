import CCallgrind

/// One thing whose instructions are counted.
struct MicroCase {
    /// `AREA.WHAT`, as in `decode.agent-login`.
    let name: String
    /// What one round of `body` does so many times.
    let operations: Int
    /// Comes before each round, uncounted.
    let prepare: () -> Void
    let body: () -> Void

    init(_ name: String, operations: Int = 1, prepare: @escaping () -> Void = {}, _ body: @escaping () -> Void) {
        self.name = name
        self.operations = operations
        self.prepare = prepare
        self.body = body
    }

    /// Rounds that are counted. Two lengths, so that what does not grow with the rounds drops out of their difference.
    private static let lengths = [10, 30]

    /// Counts some rounds, then more, then a single one for its calls, which callgrind counts whether counting is on or off. Each is
    /// a part of the dump, `NAME OPERATIONS` or `NAME OPERATIONS calls`.
    func run() {
        // What is bound, allocated or grown once only.
        for _ in 0..<3 {
            prepare()
            body()
        }
        for rounds in MicroCase.lengths {
            for _ in 0..<rounds { count() }
            converge_dump_counts("\(name) \(rounds * operations)")
        }
        let calls = "\(name) \(operations) calls"
        prepare()
        calls.withCString { calls in
            converge_zero_counts()
            converge_toggle_counting()
            body()
            converge_toggle_counting()
            converge_dump_counts(calls)
        }
    }

    private func count() {
        prepare()
        converge_toggle_counting()
        body()
        converge_toggle_counting()
    }
}

/// A result that nobody looks at is not optimised away.
@inline(never)
func keep<Value: ~Copyable>(_ value: borrowing Value) {}
