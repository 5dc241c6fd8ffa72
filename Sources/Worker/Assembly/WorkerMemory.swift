import CIntrinsics

/// How the worker's memory goes back to the system.
package enum WorkerMemory {
    /// Buffers of this size and above go back as soon as they are freed. By itself the C library learns from the first large one that
    /// is freed and keeps later ones of up to 32 MiB: after a broker's outage a worker held 65 to 90 MB that nobody used. An answer to
    /// a fetch (4 MiB) stays below it: were each one fresh memory, draining took a quarter to a third more CPU.
    private static let largeBytes: Int32 = 8 << 20
    /// What is free at the end of the heap goes back from this size on.
    private static let freeBytesMax: Int32 = 1 << 20

    /// Before there are threads.
    package static func giveBackEarly() {
        converge_malloc_give_back(largeBytes, freeBytesMax)
    }
}
