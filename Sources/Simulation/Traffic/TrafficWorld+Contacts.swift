/// What contacts go through. Every contact has one next step on the agenda until its record is out.
extension TrafficWorld {
    // MARK: Arrival

    /// A new contact begins, and the next one is put on the agenda.
    mutating func contactArrives() {
        // Contacts follow the plan; what the contact events lag behind moves the rate a little.
        let lag = plan.delivered[TrafficKind.contact.rawValue] ? -surplus(.contact) : 0
        let correction = min(max(1 + lag / (plan.rates[TrafficKind.contact.rawValue] * 60_000 + 1), 0.8), 1.25)
        nextContactAt += (0.2 + 1.6 * random.unit()) / (plan.contactRate * correction)
        agenda.push(.contactArrival, at: max(Int64(nextContactAt), clock))

        let home = UInt8(random.below(options.regions.count))
        let region = routed(home)
        var contact = newContact(in: region)
        switch random.below(100) {
        case ..<11 where !idle[Int(region)].isEmpty:
            beginOutbound(&contact)
        case 11..<18:
            contact.channel = .chat
            contact.method = random.chance(0.5) ? .api : .inbound
        case 18..<22:
            contact.channel = .task
            contact.method = .api
        case 22..<25:
            contact.method = .callback
        case 25..<34:
            contact.method = .web
            lastWebContact = contact.number
        default:
            break
        }
        // Where agents are already busier than the plan has it, more contacts are content with the flow.
        contact.selfService = contact.method != .outbound && random.chance(surplus(.agent) > 20 ? 0.75 : 0.08)
        tellContact(contact, .initiated)
        schedule(contact, in: random.between(20, 400))
    }

    private mutating func newContact(in region: UInt8) -> Contact {
        contactNumber += 1
        return Contact(
            number: contactNumber, channel: .voice, method: .inbound, region: region,
            queue: random.below(TrafficCatalog.queueCount),
            customer: min(random.below(plan.customers), random.below(plan.customers)), initiatedAt: clock)
    }

    private mutating func beginOutbound(_ contact: inout Contact) {
        guard let session = pickIdle(in: contact.region) else { return }
        contact.method = .outbound
        contact.agent = agent(of: session)
        contact.queue = profile(of: contact.agent, in: contact.region).outboundQueue
        sessions[session].current.contacts.append(snapshot(of: contact, state: .connecting))
        publish(session, .stateChange)
        refreshIdle(session)
    }

    private mutating func schedule(_ contact: Contact, in delay: Int) {
        let slot: Int32
        if let free = freeContacts.popLast() {
            slot = free
            contacts[Int(slot)] = contact
        } else {
            slot = Int32(contacts.count)
            contacts.append(contact)
        }
        agenda.push(.contact(slot), at: clock + Int64(delay))
    }

    // MARK: Steps

    /// Takes a contact through its next step.
    mutating func advanceContact(_ slot: Int) {
        var contact = contacts[slot]
        let delay: Int64
        switch contact.step {
        case .connectToSystem: delay = connectToSystem(&contact)
        case .leaveFlow: delay = leaveFlow(&contact)
        case .route: delay = route(&contact)
        case .answer: delay = answer(&contact)
        case .clearMissed: delay = clearMissed(&contact)
        case .toggleHold: delay = toggleHold(&contact)
        case .end: delay = end(&contact)
        case .finishWrapUp: delay = finishWrapUp(&contact)
        case .record:
            contact.copies = 1
            contact.recordedAt = clock
            tellRecord(contact)
            remember(contact)
            freeContacts.append(Int32(slot))
            return
        }
        contacts[slot] = contact
        agenda.push(.contact(Int32(slot)), at: clock + max(delay, 1))
    }

    private mutating func share(_ part: Double) -> Int64 { random.duration(mean: plan.handlingMean * part) }

    private mutating func connectToSystem(_ contact: inout Contact) -> Int64 {
        contact.systemAt = clock
        tellContact(contact, .connectedToSystem)
        if contact.method == .outbound {
            contact.step = .answer
            return share(0.08)
        }
        let inFlow = share(0.12)
        if surplus(.flow) < 0 { tellJourney(of: contact, lasting: inFlow) }
        contact.step = .leaveFlow
        return inFlow
    }

    private mutating func leaveFlow(_ contact: inout Contact) -> Int64 {
        if contact.selfService {
            contact.step = .end
            return 1
        }
        contact.enqueuedAt = clock
        contact.patienceEndsAt = clock + share(0.9)
        tellContact(contact, .queued)
        if random.chance(0.12) { tellContact(contact, .dataUpdated) }
        waiting += 1
        contact.step = .route
        return Int64(random.between(5, 200))
    }

    /// Looks for an agent; without one the contact waits, and gives up when its patience ends.
    private mutating func route(_ contact: inout Contact) -> Int64 {
        guard let session = pickSession(for: contact) else {
            if clock < contact.patienceEndsAt { return Int64(random.between(200, 1_500)) }
            waiting -= 1
            contact.step = .end
            return 1
        }
        waiting -= 1
        contact.attempts += 1
        contact.agent = agent(of: session)
        let state: SnapshotContactState = contact.method == .callback ? .incoming : .connecting
        sessions[session].current.contacts.append(snapshot(of: contact, state: state))
        publish(session, .stateChange)
        refreshIdle(session)
        contact.step = .answer
        return share(0.05)
    }

    /// A free agent; for a chat, sometimes one who has a chat at hand and room for another.
    private mutating func pickSession(for contact: Contact) -> Int? {
        let region = Int(contact.region)
        let other = chatting[region]
        if contact.channel == .chat, other >= 0, random.chance(0.5) {
            let current = sessions[other].current
            let slots = profile(of: agent(of: other), in: contact.region).chatSlots
            let talking = current.contacts.allSatisfy { $0.channel == .chat && $0.state == .connected }
            if !current.contacts.isEmpty, current.contacts.count < slots, talking, !sessions[other].leaving { return other }
        }
        guard let session = pickIdle(in: contact.region) else { return nil }
        if contact.channel == .chat { chatting[region] = session }
        return session
    }

    /// The agent answers, or lets it ring out.
    private mutating func answer(_ contact: inout Contact) -> Int64 {
        let session = session(of: contact.agent, in: contact.region)
        if contact.method != .outbound, random.chance(0.1) {
            change(contact, in: session) { $0.state = .missed }
            contact.step = .clearMissed
            return Int64(random.between(300, 900))
        }
        contact.connectedAt = clock
        let now = clock
        change(contact, in: session) {
            $0.state = .connected
            $0.connectedAt = now
        }
        tellContact(contact, .connectedToAgent)
        contact.endsAt = clock + share(0.6)
        contact.transfers = contact.channel == .voice && contact.method != .outbound && random.chance(0.08)
        if contact.channel == .voice { contact.holdsToCome = random.below(4) }
        contact.step = contact.holdsToCome > 0 ? .toggleHold : .end
        return stretch(of: contact)
    }

    /// Until the next hold begins or ends, or the end of a conversation without more holds.
    private mutating func stretch(of contact: Contact) -> Int64 {
        let left = max(contact.endsAt - clock, 1)
        guard contact.step == .toggleHold else { return left }
        return max(left / Int64(2 * contact.holdsToCome + 1), 1) * Int64(random.between(60, 130)) / 100
    }

    private mutating func clearMissed(_ contact: inout Contact) -> Int64 {
        remove(contact)
        contact.agent = -1
        waiting += 1
        contact.step = .route
        return Int64(random.between(100, 800))
    }

    private mutating func toggleHold(_ contact: inout Contact) -> Int64 {
        let session = session(of: contact.agent, in: contact.region)
        if contact.holdStartedAt == 0 {
            contact.holdStartedAt = clock
            contact.holds += 1
            change(contact, in: session) { $0.state = .onHold }
        } else {
            let held = clock - contact.holdStartedAt
            contact.heldFor += held
            contact.longestHold = max(contact.longestHold, held)
            contact.holdStartedAt = 0
            contact.holdsToCome -= 1
            change(contact, in: session) { $0.state = .connected }
            if contact.holdsToCome == 0 { contact.step = .end }
        }
        return stretch(of: contact)
    }

    /// The customer is gone: with an agent, wrap-up begins; without, the contact is complete.
    private mutating func end(_ contact: inout Contact) -> Int64 {
        contact.disconnectedAt = clock
        if contact.transfers { transfer(&contact) }
        tellContact(contact, .disconnected)
        guard contact.agent >= 0 else { return complete(&contact) }
        let session = session(of: contact.agent, in: contact.region)
        if random.chance(0.12), sessions[session].current.next == nil {
            sessions[session].current.next = random.chance(0.7) ? .onBreak : .lunch
            sessions[session].current.nextChosenAt = clock
        }
        change(contact, in: session) { $0.state = .ended }
        contact.step = .finishWrapUp
        return share(0.25)
    }

    /// After-call work is over: the contact leaves the snapshot. Nothing else says so.
    private mutating func finishWrapUp(_ contact: inout Contact) -> Int64 {
        contact.wrapUpEndsAt = clock
        let session = session(of: contact.agent, in: contact.region)
        let next = sessions[session].current.next
        if let next, sessions[session].current.contacts.count == 1 {
            sessions[session].current.status = next
            sessions[session].current.statusStart = clock
            sessions[session].current.next = nil
        }
        remove(contact)
        return complete(&contact)
    }

    private mutating func complete(_ contact: inout Contact) -> Int64 {
        if random.chance(0.1) { tellContact(contact, .dataUpdated) }
        tellContact(contact, .completed)
        contact.step = .record
        return Int64(random.between(60_000, 100_000))
    }

    /// Begins the next contact of a chain: a transfer is a contact of its own.
    private mutating func transfer(_ contact: inout Contact) {
        var next = newContact(in: contact.region)
        next.method = .transfer
        next.initial = contact.initial == 0 ? contact.number : contact.initial
        next.previous = contact.number
        next.customer = contact.customer
        next.systemAt = clock
        next.step = .leaveFlow
        contact.next = next.number
        tellContact(next, .initiated)
        schedule(next, in: random.between(50, 800))
    }

    // MARK: In the snapshot

    private func snapshot(of contact: Contact, state: SnapshotContactState) -> SnapshotContact {
        SnapshotContact(
            number: contact.number, initial: contact.initial, channel: contact.channel, method: contact.method, state: state,
            queue: contact.queue, stateStart: clock, connectedAt: 0, queuedAt: contact.enqueuedAt)
    }

    private mutating func change(_ contact: Contact, in session: Int, _ body: (inout SnapshotContact) -> Void) {
        let place = sessions[session].current.contacts.firstIndex { $0.number == contact.number }
        guard let place else { return }
        sessions[session].current.contacts[place].stateStart = clock
        body(&sessions[session].current.contacts[place])
        publish(session, .stateChange)
    }

    private mutating func remove(_ contact: Contact) {
        let session = session(of: contact.agent, in: contact.region)
        sessions[session].current.contacts.removeAll { $0.number == contact.number }
        publish(session, .stateChange)
        refreshIdle(session)
    }

    // MARK: Records, again

    /// Two copies of a record are at least this far apart, so that no two have the same second.
    private static let recordPause: Int64 = 10_000

    /// Keeps a contact for a while, for newer copies of its record, and perhaps for a copy days later.
    private mutating func remember(_ contact: Contact) {
        if recent.count < plan.recentRecords {
            recent.append(contact)
        } else {
            recent[recentPlace] = contact
            recentPlace = (recentPlace + 1) % plan.recentRecords
        }
        sampled += 1
        if sample.count < plan.lateRecords {
            sample.append(contact)
        } else {
            let place = random.below(sampled)
            if place < sample.count { sample[place] = contact }
        }
    }

    /// A newer copy of a recent record: a recording became available, or an evaluation set attributes.
    mutating func updateRecord() {
        for _ in 0..<4 where !recent.isEmpty {
            let place = random.below(recent.count)
            guard recent[place].recordedAt + Self.recordPause <= clock else { continue }
            recent[place].copies = min(recent[place].copies + 1, 200)
            recent[place].recordedAt = clock
            tellRecord(recent[place])
            return
        }
    }

    /// Redelivers the sampled records one to twenty days after the run, in the order of their arrival.
    /// Where no contact was recorded in time, the run goes on instead.
    mutating func redeliverLate(after arrival: Int64) {
        goal = options.events
        guard !sample.isEmpty, generated < goal else { return }
        let day = 86_400_000
        clock = max(clock, arrival) + Int64(day)
        let pause = max(19 * day / max(goal - generated, 1), 1)
        var place = 0
        while generated < goal {
            clock += Int64(random.between(1, pause))
            sample[place].copies = min(sample[place].copies, 200) + 50
            guard var line = beginLate() else { return }
            writeRecord(sample[place], into: &line)
            sendLate(line)
            place = (place + 1) % sample.count
        }
    }

    /// A late record is delivered whatever the plan says, and once.
    private mutating func beginLate() -> TrafficLine? {
        counts[TrafficKind.record.rawValue] += 1
        return delivery.line()
    }

    private mutating func sendLate(_ line: consuming TrafficLine) {
        generated += 1
        delivery.send(line, arriving: clock + Int64(random.below(1_000)), repeated: nil)
    }
}
