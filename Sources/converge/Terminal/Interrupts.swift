import Glibc

/// SIGINT and SIGTERM as something to wait for, from when this is made until it is gone: they are kept for ``wait(milliseconds:)``, and end nothing. Of the main
/// thread, before it starts another one.
final class Interrupts {
    private var set = sigset_t()
    private var before = sigset_t()

    init() {
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, &before)
    }

    deinit { pthread_sigmask(SIG_SETMASK, &before, nil) }

    /// Where they end the process as ever.
    func released<Result>(_ body: () -> Result) -> Result {
        pthread_sigmask(SIG_SETMASK, &before, nil)
        defer { pthread_sigmask(SIG_BLOCK, &set, nil) }
        return body()
    }

    /// Waits until one comes, or until the time is over; whether one came.
    func wait(milliseconds: Int64) -> Bool {
        var limit = timespec(tv_sec: Int(milliseconds / 1_000), tv_nsec: Int(milliseconds % 1_000) * 1_000_000)
        let number = sigtimedwait(&set, nil, &limit)
        return number == SIGINT || number == SIGTERM
    }
}
