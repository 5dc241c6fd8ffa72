/// What `converge kcl` takes beside a worker's settings.
package struct KCLSettings: Sendable {
    /// The stream that the daemon reads; empty where the file names none, or several.
    package var stream: String
    /// KCL's lease table, whose rows carry the epoch of the tables of a state. Nil: they do not.
    package var leaseTable: String?

    init(_ configuration: Configuration) {
        let streams = configuration.list("kinesis.streams")
        stream = streams.count == 1 ? streams[0] : ""
        leaseTable = configuration.text("kcl.lease-table")
    }
}
