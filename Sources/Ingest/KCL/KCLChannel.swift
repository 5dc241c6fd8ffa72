import JSON

/// Both pipes between a record processor and its daemon, from the child's side. One thread at a time speaks.
///
///     let channel = try KCLChannel(input: STDIN_FILENO, output: STDOUT_FILENO)
///     guard let shard = try channel.shard() else { return }
public final class KCLChannel: @unchecked Sendable {
    let input: KCLInput
    let output: KCLOutput
    private let parser = JSONParser()

    /// Takes both descriptors over and closes them in the end. Nothing else may be written to `output`.
    public convenience init(input: Int32, output: Int32) throws(KCLError) {
        try self.init(input: input, output: output, lineBytesMax: KCLInput.lineBytesMax)
    }

    init(input: Int32, output: Int32, lineBytesMax: Int) throws(KCLError) {
        self.output = KCLOutput(output)
        self.input = try KCLInput(input, lineBytesMax: lineBytesMax)
    }

    /// The first thing that the daemon says: which shard is to be read. It waits for the answer, which ``KCLSource`` gives once it is
    /// started. Nil where the daemon went away before.
    public func shard() throws(KCLError) -> KCLShard? {
        guard let message = try next() else { return nil }
        guard case .initialize(let shard) = message else {
            throw .malformed(reason: "the first message is \(message.action), not initialize")
        }
        return shard
    }

    /// Whether the daemon has closed its end. From any thread.
    public var isClosed: Bool { input.isClosed }

    /// The next message; nil at the end of the input.
    func next() throws(KCLError) -> KCLMessage? {
        guard let line = try input.next() else { return nil }
        return try KCLMessage(line, parser)
    }
}
