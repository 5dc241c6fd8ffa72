/// What is read is written to a directory, too.
package struct CaptureSettings: Sendable, Equatable {
    package var path: String
    /// Another file begins after so many bytes.
    package var fileBytesMax: Int
    /// Most bytes of all files; the oldest go first.
    package var bytesMax: Int

    /// Nil without a path.
    init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let path = configuration.text("capture.path") else { return nil }
        self.path = path
        fileBytesMax = try configuration.required.bytes("capture.file-bytes")
        bytesMax = try configuration.required.bytes("capture.bytes")
    }
}
