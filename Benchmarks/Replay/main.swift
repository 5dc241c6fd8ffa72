import Glibc

// Replay beside a bare simdjson walk of the same file, in turn, so that both meet the same machine.
// usage: bench-replay CONVERGE WALK EVENTS-FILE SCRATCH-DIRECTORY [ROUNDS] [THREADS]

let arguments = CommandLine.arguments
guard arguments.count >= 5 else {
    print("usage: bench-replay CONVERGE WALK EVENTS-FILE SCRATCH-DIRECTORY [ROUNDS] [THREADS]")
    exit(2)
}
do {
    try Report(
        converge: arguments[1], walk: arguments[2], file: arguments[3], scratch: arguments[4],
        rounds: arguments.count > 5 ? Int(arguments[5]) ?? 5 : 5, threads: arguments.count > 6 ? Int(arguments[6]) ?? 2 : 2
    ).run()
} catch {
    print("bench-replay: \(error)")
    exit(1)
}
