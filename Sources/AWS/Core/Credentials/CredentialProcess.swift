import Glibc
import JSON

/// A command that prints credentials as JSON (`credential_process`), run by the shell with this process's environment and
/// standard error (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html). It has a minute and 64 KiB.
struct CredentialProcess {
    static let secondsMax = 60
    static let bytesMax = 64 << 10

    let command: String
    let source: String

    func load() throws(CredentialsError) -> AWSCredentials {
        let output = try run()
        var text = output
        let parser = JSONParser()
        let read = text.withUTF8 { bytes -> (version: Int64?, credentials: AWSCredentials?) in
            guard let document = try? parser.parse(.init(bytes)) else { return (nil, nil) }
            return (
                document.root.member("Version")?.integer,
                AWSCredentials(json: document.root, token: "SessionToken", source: source)
            )
        }
        guard read.version == 1 else { throw failure("it did not print a JSON object with Version 1") }
        guard let credentials = read.credentials else {
            throw failure("its output lacks AccessKeyId or SecretAccessKey, or has an invalid Expiration")
        }
        return credentials
    }

    /// The command is not shown: it may hold secrets.
    private func failure(_ reason: String) -> CredentialsError {
        CredentialsError(source, "its credential_process failed: \(reason)")
    }

    private func run() throws(CredentialsError) -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure("cannot create a pipe") }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(reading) }
        let child = start(output: writing)
        close(writing)
        guard let child else { throw failure("cannot start the shell") }
        let output = collect(reading)
        if output == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let output else {
            throw failure("it ran for more than \(Self.secondsMax) s or printed more than \(Self.bytesMax) bytes")
        }
        guard status == 0 else {
            let signal = status & 0x7F
            throw failure(signal == 0 ? "it ended with exit code \(status >> 8 & 0xFF)" : "signal \(signal) ended it")
        }
        return output
    }

    private func start(output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        // The threads that ask for credentials have SIGPIPE blocked; the command starts with nothing blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let arguments = ["/bin/sh", "-c", command]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        return posix_spawn(&child, "/bin/sh", &actions, &attributes, &pointers, environ) == 0 ? child : nil
    }

    /// Until the end; nil past a bound.
    private func collect(_ file: Int32) -> String? {
        let deadline = ContinuousClock.now + .seconds(Self.secondsMax)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var wanted = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return nil }
            let ready = poll(&wanted, 1, Int32(left) + 1)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count + count <= Self.bytesMax else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
