public import EngineCore

/// A source whose records are captured as they are read, before anybody else sees them.
///
/// The capture has what the state has, wherever the process is killed: with ``CapturingSink`` around the dead letters, which every flush
/// makes durable before it writes a row.
public final class CapturingSource: Source {
    private let source: any Source
    private let capture: CaptureWriter

    public init(_ source: any Source, to capture: CaptureWriter) {
        self.source = source
        self.capture = capture
    }

    public func partition(_ index: Int) -> Partition { source.partition(index) }
    public func forget(partition: Int) { source.forget(partition: partition) }
    public func start(_ context: any SourceContext) throws { try source.start(context) }
    public func identity(partition: Int) -> String { source.identity(partition: partition) }

    public func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {
        try source.commit(positions, epoch: epoch)
    }

    public func read(into block: RecordBlock) throws -> SourceStatus {
        let status = try source.read(into: block)
        if case .records = status, !block.records.isEmpty { capture.append(block, of: source.partition(block.partition)) }
        return status
    }

    public func stop() {
        source.stop()
        capture.end()
    }
}

/// Dead letters beside a capture: what is made durable before any row is written includes the capture, so that no record is in the
/// state and not in the capture.
public final class CapturingSink: DeadLetterSink {
    private let sink: any DeadLetterSink
    private let capture: CaptureWriter

    public init(_ sink: any DeadLetterSink, after capture: CaptureWriter) {
        self.sink = sink
        self.capture = capture
    }

    public func append(_ letter: DeadLetter) throws { try sink.append(letter) }

    public func makeDurable() throws {
        capture.writeThrough()
        try sink.makeDurable()
    }
}
