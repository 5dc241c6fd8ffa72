/// What the contact center itself does not tell, as CloudEvents 1.0: browser sessions, customers, queues, flow context.
extension TrafficWorld {
    /// Opens a CloudEvent up to the members of its data. The subject is quoted JSON; the Region is an extension.
    private mutating func openCloudEvent(
        _ type: StaticString, from source: StaticString, about subject: [UInt8], in region: UInt8, into line: inout TrafficLine
    ) {
        line.raw(#"{"specversion":"1.0","id":""#)
        line.uuid(nextEventID())
        line.raw(#"","source":"#)
        line.string(source)
        line.raw(#","type":"#)
        line.string(type)
        line.raw(#","subject":"#)
        line.raw(subject)
        line.raw(#","time":"#)
        line.milliseconds(clock)
        line.raw(#","region":"#)
        line.string(catalog.regions[Int(region)].name)
        line.raw(#","datacontenttype":"application/json","data":{"#)
    }

    private func quoted(_ body: (inout TrafficLine) -> Void) -> [UInt8] {
        var line = TrafficLine(reusing: [])
        body(&line)
        return line.bytes
    }

    private func quotedUUID(_ id: TrafficUUID) -> [UInt8] {
        quoted {
            $0.raw("\"")
            $0.uuid(id)
            $0.raw("\"")
        }
    }

    // MARK: Browser sessions

    private var webSessionsWanted: Int { min(max(Int(plan.rates[TrafficKind.session.rawValue] * 30_000), 4), 2_000) }

    /// The next thing that happens to some browser session. While the first Region is down, its sessions move first.
    mutating func stirWebSession() {
        if webSessions.isEmpty || (webSessions.count < webSessionsWanted && random.chance(0.4)) {
            webSessionNumber += 1
            let region = routed(UInt8(random.below(options.regions.count)))
            let session = WebSession(
                number: webSessionNumber, customer: min(random.below(plan.customers), random.below(plan.customers)),
                contact: lastWebContact, region: region)
            webSessions.append(session)
            tellWebSession(session, status: "connecting", left: nil)
            return
        }
        let place = strandedWebSession() ?? random.below(webSessions.count)
        let session = webSessions[place]
        let home = UInt8(truncatingIfNeeded: session.number % 2)
        if phase == .failed, session.region == 0 {
            moveWebSession(place, to: 1)
        } else if phase == .recovered, session.stage == .moved, home == 0, session.region == 1, random.chance(0.3) {
            moveWebSession(place, to: 0)
        } else if session.stage == .connecting {
            webSessions[place].stage = .connected
            tellWebSession(session, status: "connected", left: nil)
        } else if random.chance(0.3) {
            webSessions.swapAt(place, webSessions.count - 1)
            webSessions.removeLast()
            tellWebSession(session, status: "closed", left: nil)
        } else {
            tellWebSession(session, status: "connected", left: nil)
        }
    }

    private mutating func strandedWebSession() -> Int? {
        guard phase == .failed, options.regions.count > 1 else { return nil }
        // A look at a few is enough to find the stranded ones before long.
        for _ in 0..<8 {
            let place = random.below(webSessions.count)
            if webSessions[place].region == 0 { return place }
        }
        return nil
    }

    private mutating func moveWebSession(_ place: Int, to region: UInt8) {
        let left = webSessions[place].region
        webSessions[place].region = region
        webSessions[place].stage = .moved
        tellWebSession(webSessions[place], status: "reconnecting", left: left)
    }

    private mutating func tellWebSession(_ session: WebSession, status: StaticString, left: UInt8?) {
        guard var line = begin(.session) else { return }
        let subject = quotedUUID(TrafficUUID(.session, session.number, seed: options.seed))
        openCloudEvent("converge.session.v1", from: "/webrtc/gateway", about: subject, in: session.region, into: &line)
        line.raw(#""status":"#)
        line.string(status)
        line.raw(#","region":"#)
        line.string(catalog.regions[Int(session.region)].name)
        if let left {
            line.raw(#","previousRegion":"#)
            line.string(catalog.regions[Int(left)].name)
        }
        line.raw(#","customerId":"#)
        writeCustomer(session.customer, into: &line)
        line.raw(#","contactId":"#)
        // A contact that is over is deleted from the session by a null.
        writeContactID(random.chance(0.08) ? 0 : session.contact, into: &line)
        line.raw(#","media":{"codec":"opus","jitterMs":"#)
        line.integer(random.below(40))
        line.raw(#","video":"#)
        line.raw(session.number % 4 == 0 ? "true" : "false")
        line.raw(#"},"device":"Firefox – Android""#)
        if random.chance(0.1) { line.raw(#","degraded":null"#) } else if random.chance(0.1) { line.raw(#","degraded":"loss""#) }
        line.raw("}}")
        send(line, at: clock)
    }

    // MARK: Customers

    /// News about some customer: most often its profile, at times an authentication.
    mutating func tellCustomer() {
        guard var line = begin(.customer) else { return }
        let customer = min(random.below(plan.customers), random.below(plan.customers))
        let subject = quoted { writeCustomer(customer, into: &$0) }
        let region = routed(UInt8(random.below(options.regions.count)))
        if random.chance(0.25) {
            openCloudEvent("converge.authentication.v1", from: "/identity/voice", about: subject, in: region, into: &line)
            line.raw(#""method":"#)
            line.string(["pin", "voice", "one-time code"][random.below(3)])
            line.raw(#","result":"#)
            line.string(random.chance(0.85) ? "verified" : "failed")
            line.raw(#","score":0."#)
            line.digits(UInt(random.between(50, 99)), width: 2)
        } else {
            openCloudEvent("converge.customer.v1", from: "/crm/profile", about: subject, in: region, into: &line)
            line.raw(#""tier":"#)
            line.string(["gold", "silver", "bronze"][customer % 3])
            line.raw(#","name":""#)
            line.raw(catalog.firstNames[customer % catalog.firstNames.count])
            line.raw(" ")
            line.raw(catalog.lastNames[customer / 7 % catalog.lastNames.count])
            line.raw(#"","preferences":{"channel":"#)
            line.string(["VOICE", "CHAT"][random.below(2)])
            line.raw(#","language":"es-MX","quiet":{"from":"21:00","to":"08:00"}},"openCases":"#)
            line.integer(random.below(5))
            writeCallback(of: customer, into: &line)
        }
        line.raw("}}")
        send(line, at: clock)
    }

    private mutating func writeCallback(of customer: Int, into line: inout TrafficLine) {
        guard random.chance(0.3) else { return }
        line.raw(#","callback":"#)
        guard random.chance(0.6) else {
            line.raw("null")
            return
        }
        line.raw(#"{"at":"#)
        line.seconds(clock + Int64(random.between(600, 86_400)) * 1000)
        line.raw(#","number":"+1415"#)
        line.digits(UInt(mixed(UInt64(customer)) % 10_000_000), width: 7)
        line.raw(#""}"#)
    }

    // MARK: Queues and flows

    /// The figures of some queue in some Region.
    mutating func tellQueue() {
        guard var line = begin(.queue) else { return }
        let queue = random.below(TrafficCatalog.queueCount)
        let region = UInt8(random.below(options.regions.count))
        let subject = quotedUUID(TrafficUUID(.queue, UInt64(queue), seed: options.seed))
        openCloudEvent("converge.queue.v1", from: "/metrics/queues", about: subject, in: region, into: &line)
        line.raw(#""name":"#)
        line.raw(catalog.regions[Int(region)].queueNames[queue])
        line.raw(#","agentsAvailable":"#)
        line.integer(idle[Int(region)].count / 8)
        line.raw(#","contactsInQueue":"#)
        line.integer(waiting / TrafficCatalog.queueCount + random.below(3))
        line.raw(#","oldestContactAgeSeconds":"#)
        if random.chance(0.1) { line.raw("null") } else { line.integer(random.below(90)) }
        line.raw(#","serviceLevel":0."#)
        line.digits(UInt(random.between(60, 99)), width: 2)
        line.raw("}}")
        send(line, at: clock)
    }

    /// A contact's position in its flow, as an application keeps it.
    mutating func tellFlowContext(_ contact: Contact, flow: Int) {
        guard var line = begin(.flow) else { return }
        let subject = quotedUUID(contactID(contact.number))
        openCloudEvent("converge.flow.v1", from: "/flows/context", about: subject, in: contact.region, into: &line)
        line.raw(#""flow":""#)
        line.raw(Array(RegionCatalog.flowNames[flow].utf8))
        line.raw(#"","position":"#)
        line.string(["greeting", "menu", "lookup", "offer"][contact.variety % 4])
        line.raw(#","customerId":"#)
        writeCustomer(contact.customer, into: &line)
        line.raw(#","menuChoice":"#)
        if random.chance(0.2) { line.raw("null") } else { line.integer(random.between(1, 4)) }
        line.raw("}}")
        send(line, at: clock)
    }
}
