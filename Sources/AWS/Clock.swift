#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import Lattice

extension Timestamp {
    /// This machine's wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
