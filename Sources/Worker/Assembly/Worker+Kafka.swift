extension Worker {
    /// A worker that reads from Kafka.
    package convenience init(
        _ settings: WorkerSettings, kafka: KafkaSourceSettings, _ store: WorkerStore, _ reports: WorkerReports
    ) throws {
        let positions = WorkerPositions(store, from: kafka.from, reports.log)
        let source = try KafkaWorkerSource(kafka, positions, reports)
        try self.init(settings, store, source, reports)
    }
}
