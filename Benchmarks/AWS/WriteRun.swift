import AWS
import EngineCore
import Glibc
import JSON
import Measuring
import Storage

/// The store under test: writes rows in flushes of a size, and prints what that took after the first tenth of them.
enum WriteRun {
    static func run(_ path: String, prefix: String, flushRows: Int) throws {
        let store = try DynamoDBStore(AWSSession(), prefix: prefix)
        let flushes = try Puts.flushes(of: flushRows, from: path)
        let warm = flushes.count / 10
        for flush in flushes[..<warm] { try write(flush, store) }
        let before = store.currentFigures
        let start = (wall: ContinuousClock.now, cpu: cpuSeconds())
        for flush in flushes[warm...] { try write(flush, store) }
        let seconds = (ContinuousClock.now - start.wall).inSeconds
        let cpu = cpuSeconds() - start.cpu
        let written = store.currentFigures.rowsWritten - before.rowsWritten
        let line = jsonLine { json in
            json.member("rows", written)
            json.member("seconds", number: "\(seconds)")
            json.member("cpu", number: "\(cpu)")
            json.member("throttles", store.currentFigures.throttles)
        }
        print(line, terminator: "")
    }

    private static func write(_ flush: Flush, _ store: DynamoDBStore) throws {
        if let refused = try store.write(flush) { throw BenchmarkError("\(refused.count) rows were refused") }
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
    }
}
