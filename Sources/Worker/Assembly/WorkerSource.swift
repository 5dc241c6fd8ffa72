import API
import Engine
import EngineCore
import Observability

/// A source as a worker sees it: what it is called, which metrics it has, and whether it works. From any thread.
protocol WorkerSource: Sendable {
    var source: any Source { get }

    /// For the log.
    var summary: String { get }

    /// Adds the metrics that are its own.
    func observe(_ pipeline: Pipeline, in metrics: Metrics) throws(MetricsError)

    /// Whether it goes on; where it does not, the process is to be restarted.
    var live: HealthReport { get }

    /// What of it is up to date and works, beside how the worker stands with what it has read.
    func ready(_ status: PipelineStatus) -> [HealthReport.Check]

    /// How old the oldest record that is there and was not read can be at most, in milliseconds; nil where that is not known.
    var unread: Int64? { get }

    /// Puts a record into the stream that it came from, once more; throws why it could not, and blocks until it is there, some ten seconds at most.
    func redrive(_ record: [UInt8], _ letter: Letter) throws

    /// The shards that this worker reads. `settled`: of the pipeline's status.
    func streams(_ status: PipelineStatus) -> ProcessStanding.Streams
}
