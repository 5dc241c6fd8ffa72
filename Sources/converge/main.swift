import Glibc

let status = Converge.run(Array(CommandLine.arguments.dropFirst()))
// Requests that nobody waits for any more may still be answered, on their own thread. `exit` would take the C++ libraries' objects away
// from under it.
fflush(nil)
_exit(status)
