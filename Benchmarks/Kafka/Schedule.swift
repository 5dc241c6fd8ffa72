import Glibc
import Measuring

/// When each event is due and where it goes. Producer and follower both know it, so that a partition and an offset tell when an event
/// was due, and nothing is written down while it runs.
///
/// As a producer with a sticky partitioner does, events of about one millisecond go to one partition, then to the next.
struct Schedule: CustomStringConvertible {
    /// Of the first event, by ``nanoseconds()``.
    let start: Int64
    /// Events a second.
    let rate: Int
    let partitions: Int
    /// Events that come first and do not count.
    let warmUp: Int
    /// All events; as many in each partition.
    let events: Int

    init(start: Int64, rate: Int, partitions: Int, warmUpSeconds: Int, seconds: Int) {
        self.start = start
        self.rate = rate
        self.partitions = partitions
        let round = Schedule.run(rate) * partitions
        warmUp = warmUpSeconds * rate
        events = ((warmUpSeconds + seconds) * rate + round - 1) / round * round
    }

    /// Events in a row to one partition.
    private static func run(_ rate: Int) -> Int { max(1, rate / 1000) }

    func partition(of number: Int) -> Int { number / Schedule.run(rate) % partitions }

    /// Which event it is.
    func number(partition: Int, offset: Int) -> Int {
        let run = Schedule.run(rate)
        return (offset / run * partitions + partition) * run + offset % run
    }

    func due(_ number: Int) -> Int64 { start + Int64(number) * 1_000_000_000 / Int64(rate) }

    /// Handed to other processes.
    var description: String { "\(start),\(rate),\(partitions),\(warmUp),\(events)" }

    init(_ text: String) throws {
        let fields = text.split(separator: ",").compactMap { Int($0) }
        guard fields.count == 5 else { throw BenchmarkError("'\(text)' is no schedule") }
        (start, rate, partitions, warmUp, events) = (Int64(fields[0]), fields[1], fields[2], fields[3], fields[4])
    }
}

/// Of a clock that all processes of the machine share.
func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
