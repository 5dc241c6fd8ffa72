import AWS

extension Worker {
    /// A worker that reads from Kinesis.
    convenience init(_ settings: WorkerSettings, kinesis: KinesisSourceSettings, _ reports: WorkerReports) throws {
        // Without a Region nothing is made on disk.
        let session = try AWSSession()
        let region = try session.region()
        let store = try WorkerStore(settings, reports.log)
        let positions = WorkerPositions(store, reports.log)
        let source = try KinesisWorkerSource(kinesis, session, region: region, positions, reports)
        try self.init(settings, store, source, reports)
    }
}
