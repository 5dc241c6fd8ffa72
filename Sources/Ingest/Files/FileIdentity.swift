import Platform

/// What tells that a file is still the one that was read: its size, its start and its end.
///
///     size=123;start=<SHA-256 of the first 64 KiB>;end=<SHA-256 of the last 4 KiB>
///
/// Behind that `;open` where it had ended inside a record, or in a line without a line break. Checkpoints of older versions have
/// no end.
struct FileIdentity: Sendable, CustomStringConvertible {
    static let startBytesMax = 64 << 10
    static let endBytesMax = 4 << 10

    let size: Int
    let start: String
    let end: String?
    var isOpen = false

    init(size: Int, start: [UInt8], end: [UInt8]) {
        self.size = size
        self.start = FileIdentity.hash(start)
        self.end = FileIdentity.hash(end)
    }

    /// Nil where the text is none.
    init?(_ text: String) {
        var told: [Substring: Substring] = [:]
        for part in text.split(separator: ";") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            told[halves[0]] = halves.count == 2 ? halves[1] : ""
        }
        guard let size = told["size"].flatMap({ Int($0) }), size >= 0, let start = told["start"] else { return nil }
        self.size = size
        self.start = String(start)
        end = told["end"].map(String.init)
        isOpen = told["open"] != nil
    }

    var description: String {
        "size=\(size);start=\(start)" + (end.map { ";end=\($0)" } ?? "") + (isOpen ? ";open" : "")
    }

    func isSame(as other: FileIdentity) -> Bool {
        size == other.size && start == other.start && (end == nil || other.end == nil || end == other.end)
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finalizeHex()
    }
}
