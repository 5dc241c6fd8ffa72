import Operations

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

exit(Converge.run(Array(CommandLine.arguments.dropFirst())))
