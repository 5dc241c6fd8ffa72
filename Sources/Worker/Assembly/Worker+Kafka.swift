extension Worker {
    /// A worker that reads from Kafka.
    convenience init(_ settings: WorkerSettings, kafka: KafkaSourceSettings, _ reports: WorkerReports) throws {
        let store = try WorkerStore(settings, reports.log)
        let positions = WorkerPositions(store, from: kafka.from, reports.log)
        let source = try WorkerSource(kafka, positions, reports)
        try self.init(settings, store, source, reports)
    }
}
