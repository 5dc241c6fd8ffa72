import CRdKafka
import EngineCore
import Glibc
import Platform

/// How partitions come and go; on the client's thread, during which the group waits.
extension KafkaSource: KafkaClientOwner {
    func kafkaRebalanced(_ rebalance: KafkaRebalance) {
        guard let client else { return }
        state.withLock { state in
            state.isRebalancing = true
            state.figures.rebalances += 1
        }
        if rebalance.isAssignment {
            assign(rebalance, client)
        } else {
            revoke(rebalance, client)
        }
        state.withLock { state in
            state.isRebalancing = false
            // An eager group takes everything before it gives anew.
            state.hasAssignment = rebalance.isAssignment || (rebalance.isIncremental && !state.lanes.isEmpty)
        }
        context?.wake()
    }

    private func assign(_ rebalance: KafkaRebalance, _ client: KafkaClient) {
        var places: [KafkaPlace] = []
        // It came with the first answer of a broker, so that nobody waits.
        let cluster = client.cluster(milliseconds: 10_000)
        state.withLock { $0.cluster = $0.cluster ?? cluster }
        do {
            for place in rebalance.places { places.append(try begin(place, client)) }
        } catch let error as KafkaError {
            fail(error)
        } catch {
            fail(.noStart(partition: "a partition", reason: "\(error)"))
        }
        for place in places { open(place, client) }
        if let reason = client.assign(places, isIncremental: rebalance.isIncremental) { fail(.fatal(reason: reason)) }
    }

    /// Makes a lane before the client reads: what it reads is to go there.
    private func open(_ place: KafkaPlace, _ client: KafkaClient) {
        let index = state.withLock { $0.partitions.assign(partition(of: place)) }
        guard
            let lane = KafkaLane(index: index, topic: place.topic, partition: place.partition, client: client, source: self)
        else { return fail(.client(reason: "no queue for \(place.topic)/\(place.partition)")) }
        state.withLock { state in
            state.lanes[index] = lane
            state.status[index] = KafkaLane.Status()
            state.queue.handleAssigned(index)
        }
    }

    private func partition(of place: KafkaPlace) -> Partition {
        Partition(source: "kafka", stream: place.topic, name: "\(place.partition)")
    }

    // MARK: Where to begin

    private func begin(_ place: KafkaPlace, _ client: KafkaClient) throws -> KafkaPlace {
        let partition = partition(of: place)
        let (isFirst, identity) = state.withLock { state in
            (state.begun.insert(partition).inserted, KafkaSource.identity(of: partition, in: state.cluster))
        }
        var place = place
        let wanted = try start(partition, identity, isFirst)
        place.metadata = ""
        switch wanted {
        case .offset(let offset): place.offset = offset
        case .beginning: place.offset = Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .latest: place.offset = Int64(RD_KAFKA_OFFSET_END)
        case .time(let time): place.offset = try offset(at: time, place, client)
        case .committed(let epoch): place.offset = try committed(epoch, place, client)
        }
        tell(.assigned(partition, start: KafkaSource.name(place.offset)))
        return place
    }

    private static func name(_ offset: Int64) -> String {
        switch offset {
        case Int64(RD_KAFKA_OFFSET_BEGINNING): "beginning"
        case Int64(RD_KAFKA_OFFSET_END): "end"
        default: "\(offset)"
        }
    }

    private func offset(at time: Int64, _ place: KafkaPlace, _ client: KafkaClient) throws(KafkaError) -> Int64 {
        var reason = ""
        for _ in 0..<KafkaSource.attemptsMax {
            let answer = client.offset(atTime: time, place, milliseconds: 10_000)
            guard let problem = answer.reason else { return answer.offset }
            reason = problem
            guard !state.withLock({ $0.isClosing }) else { break }
            tell(.trouble(code: "_OFFSETS_FOR_TIMES", reason: reason))
            sleep(1)
        }
        throw .noStart(partition: "\(place.topic)/\(place.partition)", reason: reason)
    }

    private func committed(_ epoch: String, _ place: KafkaPlace, _ client: KafkaClient) throws(KafkaError) -> Int64 {
        var reason = ""
        for _ in 0..<KafkaSource.attemptsMax {
            do throws(KafkaError) {
                guard let found = try client.committed([place], milliseconds: 10_000).first, found.offset >= 0 else {
                    return Int64(RD_KAFKA_OFFSET_BEGINNING)
                }
                let commit = KafkaCommit.read(found.metadata)
                if commit?.epoch == epoch { return found.offset }
                if let own = settings.tables, let other = commit?.tables, other != own { return try refuse(other, own) }
                tell(.otherTable(partition(of: place), found: found.metadata))
                return Int64(RD_KAFKA_OFFSET_BEGINNING)
            } catch {
                if case .otherTables = error { throw error }
                reason = "\(error)"
                guard !state.withLock({ $0.isClosing }) else { break }
                tell(.trouble(code: "_COMMITTED", reason: reason))
                sleep(1)
            }
        }
        throw .noStart(partition: "\(place.topic)/\(place.partition)", reason: reason)
    }

    private func refuse(_ found: String, _ own: String) throws(KafkaError) -> Int64 {
        throw .otherTables(group: settings.group, found: found, own: own)
    }

    /// How often a broker is asked where a partition begins, each time for ten seconds, before the run ends.
    private static let attemptsMax = 12

    // MARK: Giving up

    private func revoke(_ rebalance: KafkaRebalance, _ client: KafkaClient) {
        let lanes = silence(rebalance)
        var isSettled = false
        if !rebalance.isLost {
            let parts = state.withLock { state in lanes.map { ($0.index, state.status[$0.index]?.blocks ?? 0) } }
            isSettled =
                context?.settle(
                    parts.map { (partition: $0.0, blocks: $0.1) }, withinMilliseconds: settings.revokeMillisecondsMax) ?? false
            if isSettled { try? push(isForced: true) }
        }
        for lane in lanes {
            context?.drop(partition: lane.index)
            tell(rebalance.isLost ? .lost(lane.place) : .revoked(lane.place, isSettled: isSettled))
        }
        state.withLock { state in
            for lane in lanes {
                state.lanes[lane.index] = nil
                state.status[lane.index] = nil
                state.queue.handleClosed(lane.index)
                state.uncommitted[lane.index] = nil
            }
        }
        if let reason = client.unassign(rebalance.places, isIncremental: rebalance.isIncremental) {
            tell(.trouble(code: "_UNASSIGN", reason: reason))
        }
        for lane in lanes { lane.close() }
    }

    /// Lets nobody read these partitions any more, and waits for those who do: they only copy.
    private func silence(_ rebalance: KafkaRebalance) -> [KafkaLane] {
        let lanes = state.withLock { state in
            state.lanes.values.filter { lane in
                rebalance.places.contains { $0.topic == lane.topic && $0.partition == lane.partition }
            }
        }
        for lane in lanes {
            while !state.withLock({ $0.queue.handleRevoked(lane.index) }) { returnBell.wait(milliseconds: 1_000) }
        }
        return lanes.sorted { $0.index < $1.index }
    }

    // MARK: What the client tells

    func kafkaEvent(_ event: KafkaEvent) {
        if case .trouble(let code, _) = event, code == "_ALL_BROKERS_DOWN" { state.withLock { $0.figures.isCutOff = true } }
        tell(event)
    }

    func kafkaFailed(_ error: KafkaError) { fail(error) }

    func kafkaStatistics(_ json: UnsafeRawBufferPointer) {
        guard let statistics = KafkaStatistics(json) else { return }
        state.withLock { state in
            (state.figures.statistics, state.figures.statisticsAt) = (statistics, monotonicMilliseconds())
            if statistics.brokersUp > 0 { state.figures.isCutOff = false }
        }
    }

    func kafkaToken() throws -> KafkaToken? { try settings.token?() }

    func kafkaDelivered(mark: UInt, reason: String?) {}

    /// An error that came to the consumer instead of a record.
    func told(_ code: rd_kafka_resp_err_t, _ reason: String) {
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            // Every partition has a queue of its own before it is read.
            fail(.fatal(reason: "a record did not arrive through the queue of its partition: \(reason)"))
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
            state.withLock { $0.topicsLookedAt = .min / 2 }
            guard settings.untilEnd else { return tell(.trouble(code: "UNKNOWN_TOPIC_OR_PART", reason: reason)) }
            fail(.noTopic(reason: reason))
        case RD_KAFKA_RESP_ERR__FATAL: fail(.fatal(reason: reason))
        default: kafkaEvent(.trouble(code: String(cString: rd_kafka_err2name(code)), reason: reason))
        }
    }
}
