import Foundation
import Testing

/// A terminal that nobody looks at but a test.
final class Terminal {
    /// What a program has as its standard input and output.
    let side: FileHandle
    private let master: Int32
    private var seen: [UInt8] = []

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // TIOCSPTLCK and TIOCGPTN: Swift does not see what unlocks and names a terminal otherwise.
        var lock: Int32 = 0
        var number: UInt32 = 0
        try #require(master >= 0 && ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        side = try #require(FileHandle(forUpdatingAtPath: "/dev/pts/\(number)"))
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    deinit { close(master) }

    /// Everything that was written so far.
    var text: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: seen, as: UTF8.self) }
            seen += buffer[..<count]
        }
    }

    /// Whether what is typed is shown, as a shell wants it.
    var echoes: Bool {
        var settings = termios()
        let flags = tcflag_t(ECHO | ICANON)
        return tcgetattr(side.fileDescriptor, &settings) == 0 && settings.c_lflag & flags == flags
    }

    func type(_ text: String) { _ = write(master, Array(text.utf8), text.utf8.count) }
}
