import Foundation

/// A file system of a few megabytes in memory, for tests of a full disk. It is unmounted with its last use.
public final class SmallFileSystem {
    public let path: String

    /// Whether this process may mount one at all.
    public static let isPermitted = SmallFileSystem("1m") != nil

    /// `size`: as mount writes it, such as `1m`. Nil where mounting is not permitted.
    public init?(_ size: String) {
        path = NSTemporaryDirectory() + "converge-small-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else {
            rmdir(path)
            return nil
        }
    }

    deinit {
        umount(path)
        rmdir(path)
    }
}
