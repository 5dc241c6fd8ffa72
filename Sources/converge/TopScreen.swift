import Glibc

/// A terminal that is drawn upon in place; what it was before comes back with ``leave()``.
final class TopScreen {
    enum Input { case nothing, redraw, end }

    private let hasKeyboard = isatty(STDIN_FILENO) == 1
    private var settings = termios()

    /// Keeps the signals for a screen that would leave the terminal as it is: before the process has any thread.
    static func blockSignals() {
        var set = signals()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    init() {
        if hasKeyboard { tcgetattr(STDIN_FILENO, &settings) }
        enter()
    }

    private static func signals() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGTSTP, SIGWINCH] { sigaddset(&set, signal) }
        return set
    }

    /// Keys come one by one and unseen, the cursor is hidden, the window is empty.
    private func enter() {
        if hasKeyboard {
            var raw = settings
            raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        }
        writeOutput("\u{1B}[?25l\u{1B}[H\u{1B}[2J")
    }

    /// What was shown last stays.
    func leave() {
        writeOutput("\u{1B}[?25h")
        if hasKeyboard { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
    }

    /// Draws the lines that are made for a width and a height, and clears the rest.
    func show(_ lines: (_ width: Int, _ height: Int) -> [TopView.Line]) {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let (width, height) = isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
        // The last row stays free: there the cursor rests, and a shell's prompt afterwards.
        var text = "\u{1B}[H"
        for line in lines(width, height - 1) {
            switch line.weight {
            case .plain: text += line.text
            case .strong: text += "\u{1B}[1m" + line.text + "\u{1B}[0m"
            case .alarm: text += "\u{1B}[1;7m" + line.text + "\u{1B}[0m"
            }
            text += "\u{1B}[K\r\n"
        }
        writeOutput(text + "\u{1B}[J")
    }

    /// Waits for at most a twentieth of a second.
    func input() -> Input {
        var set = TopScreen.signals()
        var limit = timespec(tv_sec: 0, tv_nsec: 0)
        switch sigtimedwait(&set, nil, &limit) {
        case SIGINT, SIGTERM: return .end
        case SIGWINCH: return .redraw
        case SIGTSTP:
            leave()
            kill(getpid(), SIGSTOP)
            enter()
            return .redraw
        default: break
        }
        var keyboard = pollfd(fd: hasKeyboard ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0)
        guard poll(&keyboard, 1, 50) > 0 else { return .nothing }
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return .end }
        return key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") ? .end : .nothing
    }
}
