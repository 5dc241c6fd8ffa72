import Glibc
import Ingest

/// Standard input and output, kept for the daemon alone: whatever else writes to standard output writes to standard error.
package struct KCLPipes {
    package let input: Int32
    package let output: Int32

    package init() throws(KCLError) {
        input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0, output >= 0, nothing >= 0, dup2(nothing, STDIN_FILENO) >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0
        else { throw .pipe(action: "keep", reason: String(cString: strerror(errno))) }
        close(nothing)
    }
}
