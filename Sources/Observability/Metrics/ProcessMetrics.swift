import Glibc
import Platform

extension Metrics {
    /// What the kernel knows of this process, under the names that Prometheus's own clients use, and `converge_build_info`.
    public func observeProcess(version: String) throws(MetricsError) {
        let start = Double(Timestamp.now.milliseconds) / 1000
        try observe("converge_build_info", "Always 1; the label is the version.", labels: ["version"]) {
            [MetricReading(1, labels: [version])]
        }
        try observe("process_start_time_seconds", "Start time of the process, in seconds since 1970.") {
            [MetricReading(start)]
        }
        try observe("process_cpu_seconds_total", "User and system CPU time, in seconds.") {
            [MetricReading(cpuSeconds())]
        }
        try observe("process_resident_memory_bytes", "Resident memory in bytes.") {
            residentBytes().map { [MetricReading(Double($0))] } ?? []
        }
        try observe("process_open_fds", "Open file descriptors.") {
            openDescriptors().map { [MetricReading(Double($0))] } ?? []
        }
        try observe("process_max_fds", "Maximum number of open file descriptors.") {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return [] }
            return [MetricReading(Double(limit.rlim_cur))]
        }
    }
}

/// CPU time that the process has taken so far, user and system, in seconds.
public func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Nil where the kernel does not say.
func residentBytes() -> Int? {
    guard let bytes = try? readFile("/proc/self/statm", bytesMax: 4096) else { return nil }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

private func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Without itself, `.` and `..`.
    return max(0, count - 3)
}
