import EngineCore
import Platform

/// What the source asks of the pipeline that reads it.
extension Pipeline: SourceContext {
    public func wake() {
        monitor.locked {
            sourceWakes += 1
            wake(core.recordsAvailable())
        }
    }

    public func settle(_ partitions: [(partition: Int, blocks: Int)], withinMilliseconds limit: Int64) -> Bool {
        // A run without a store commits nothing.
        guard store != nil else { return false }
        let deadline = monotonicMilliseconds() + limit
        return monitor.locked {
            settling += 1
            defer { settling -= 1 }
            while true {
                let isSettled = partitions.allSatisfy { core.isCommitted(partition: $0.partition, blocks: $0.blocks) }
                if isSettled { return true }
                guard !isOver, !core.isAbandoned, monotonicMilliseconds() < deadline else { return false }
                wake(core.requestFlush())
                monitor.wait(until: deadline)
            }
        }
    }

    public func drop(partition: Int) { report { $0.drop(partition: partition) } }
}
