import CRdKafka

// librdkafka calls these, on its own threads or on the one that polls: top-level functions, which carry no isolation.

private func owner(_ opaque: UnsafeMutableRawPointer?) -> (any KafkaClientOwner)? {
    opaque.map { Unmanaged<KafkaOwnerBox>.fromOpaque($0).takeUnretainedValue().owner }
}

func kafkaErrorCallback(
    _ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let owner = owner(opaque), let client else { return }
    let error = rd_kafka_resp_err_t(rawValue: code)
    if error == RD_KAFKA_RESP_ERR__FATAL {
        var reason = [CChar](repeating: 0, count: 512)
        let cause = rd_kafka_fatal_error(client, &reason, reason.count)
        owner.kafkaFailed(.fatal(reason: "\(kafkaErrorText(cause)): \(text(reason))"))
        return
    }
    owner.kafkaEvent(
        .trouble(
            code: String(cString: rd_kafka_err2name(error)), reason: withoutCommand(reason.map { String(cString: $0) } ?? "")))
}

/// What librdkafka says, without the command that renews a Kerberos ticket: it quotes `sasl.kerberos.kinit.cmd`, which may hold a password.
func withoutCommand(_ text: String) -> String {
    for mark in ["Kerberos ticket refresh", "kinit"] {
        var rest = Substring(text)
        while let at = rest.firstIndex(of: mark.first ?? " ") {
            rest = rest[at...]
            if rest.hasPrefix(mark) { return "\(text[..<at])\(mark) .. (the command is not shown)" }
            rest = rest.dropFirst()
        }
    }
    return text
}

func kafkaLogCallback(
    _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ line: UnsafePointer<CChar>?
) {
    guard let client, let owner = owner(rd_kafka_opaque(client)) else { return }
    let facility = facility.map { String(cString: $0) } ?? ""
    owner.kafkaEvent(
        .log(level: Int(level), text: withoutCommand(facility + ": " + (line.map { String(cString: $0) } ?? ""))))
}

func kafkaStatisticsCallback(
    _ client: OpaquePointer?, _ json: UnsafeMutablePointer<CChar>?, _ length: Int, _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    owner(opaque)?.kafkaStatistics(UnsafeRawBufferPointer(start: json, count: length))
    // The library frees the text.
    return 0
}

func kafkaTokenCallback(_ handle: OpaquePointer?, _ configuration: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?) {
    guard let handle, let owner = owner(opaque) else { return }
    var reason = [CChar](repeating: 0, count: 512)
    do {
        guard let token = try owner.kafkaToken() else { return }
        let code = rd_kafka_oauthbearer_set_token(
            handle, token.value.revealed, token.expiration, token.principal, nil, 0, &reason, reason.count)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        rd_kafka_oauthbearer_set_token_failure(handle, text(reason))
        owner.kafkaEvent(.tokenFailed(reason: text(reason)))
    } catch {
        // librdkafka asks again in ten seconds.
        rd_kafka_oauthbearer_set_token_failure(handle, "\(error)")
        owner.kafkaEvent(.tokenFailed(reason: "\(error)"))
    }
}

func kafkaRebalanceCallback(
    _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let handle, let owner = owner(opaque) else { return }
    let name = rd_kafka_rebalance_protocol(handle).map { String(cString: $0) }
    owner.kafkaRebalanced(
        KafkaRebalance(
            isAssignment: code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
            places: list.map { KafkaPlaces.places(UnsafePointer($0)) } ?? [], isIncremental: name == "COOPERATIVE",
            isLost: rd_kafka_assignment_lost(handle) != 0))
}

func kafkaDeliveryCallback(
    _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let owner = owner(opaque), let message else { return }
    let code = message.pointee.err
    owner.kafkaDelivered(
        mark: UInt(bitPattern: message.pointee._private),
        reason: code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : kafkaErrorText(code))
}

/// Something came into a queue that was empty; called under the queue's lock.
func kafkaQueueCallback(_ client: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) {
    if let opaque { Unmanaged<KafkaLane>.fromOpaque(opaque).takeUnretainedValue().hasNews() }
}
