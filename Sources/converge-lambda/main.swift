import CAmazonLinux
import Glibc
import Lambda

// Requests that nobody waits for any more may still be answered, on their own thread: see Sources/converge/main.swift.
let status = LambdaProgram.run()
fflush(nil)
_exit(status)
