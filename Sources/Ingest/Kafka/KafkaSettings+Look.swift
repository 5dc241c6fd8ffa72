import Synchronization

/// What a cluster says of topics and group, for whoever checks a configuration.
public struct KafkaLook: Sendable {
    /// What the cluster calls itself.
    public var cluster: String?
    /// Partitions of each topic asked for, in order; none of one that is not there, or may not be described.
    public var partitions: [Int]
    /// Why the group's commits cannot be read; nil where they can.
    public var groupTrouble: String?
}

extension KafkaSettings {
    /// Asks brokers for these topics, and for what the group has committed of the first of them that is there; joins nothing and reads
    /// nothing. `milliseconds`: for each of the three questions. Nil, and what went wrong last, where no broker responds in time.
    public func look(at topics: [String], milliseconds: Int32) throws(KafkaError) -> (look: KafkaLook?, trouble: String) {
        let witness = KafkaWitness(token)
        let client = try KafkaClient(.consumer, consumerOptions(), hasTokens: token != nil, owner: witness)
        defer { client.destroy() }
        guard let counts = client.partitionCounts(of: topics, milliseconds: milliseconds) else {
            _ = client.poll(milliseconds: 0)
            return (nil, witness.trouble)
        }
        var look = KafkaLook(cluster: client.cluster(milliseconds: milliseconds), partitions: counts)
        if let index = counts.indices.first(where: { counts[$0] > 0 && !topics[$0].hasPrefix("^") }) {
            do throws(KafkaError) {
                let found = try client.committed([KafkaPlace(topic: topics[index], partition: 0)], milliseconds: milliseconds)
                look.groupTrouble = found.first?.reason
            } catch {
                look.groupTrouble = "\(error)"
            }
        }
        return (look, "")
    }
}

/// Keeps what a client that joins nothing was told last.
private final class KafkaWitness: KafkaClientOwner {
    private let token: (@Sendable () throws -> KafkaToken)?
    private let last = Mutex("no broker responds")

    init(_ token: (@Sendable () throws -> KafkaToken)?) { self.token = token }

    var trouble: String { last.withLock { $0 } }

    func kafkaEvent(_ event: KafkaEvent) {
        switch event {
        case .trouble(_, let reason), .tokenFailed(let reason): last.withLock { $0 = reason }
        case .log(let level, let text) where level <= 4: last.withLock { $0 = text }
        default: break
        }
    }

    func kafkaFailed(_ error: KafkaError) { last.withLock { $0 = "\(error)" } }
    func kafkaToken() throws -> KafkaToken? { try token?() }
    func kafkaStatistics(_ json: UnsafeRawBufferPointer) {}
    func kafkaRebalanced(_ rebalance: KafkaRebalance) {}
    func kafkaDelivered(mark: UInt, reason: String?) {}
}
