/// Why a capture cannot be written. `action` is what was tried: `create`, `write`, ..
public struct CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var action: String
    public var reason: String

    public var description: String { "cannot \(action) the capture \(path): \(reason)" }

    /// What `errno` says.
    static func system(_ path: String, _ action: String) -> CaptureError {
        CaptureError(path: path, action: action, reason: FileSourceError.reason())
    }
}

/// What happens to a capture, for logs. Told on a thread that reads: not to be held up.
public enum CaptureEvent: Sendable, Equatable {
    /// Nothing more is captured; the worker goes on.
    case failed(CaptureError)
    /// All files together were too large: the oldest one went, and the capture is no longer all that was read.
    case removed(file: String, bytes: Int)
}

/// How a capture stands, for metrics.
public struct CaptureFigures: Sendable {
    /// Records written, and those that came after it had failed.
    public var records = 0
    public var recordsMissed = 0
    /// Bytes written, and bytes of all files.
    public var bytesWritten = 0
    public var bytesOnDisk = 0
    public var filesRemoved = 0
    public var errors = 0
    /// What ended it, and when, by a clock that does not jump; nil while it goes on.
    public var failure: LastAnswer.Failure?
}
