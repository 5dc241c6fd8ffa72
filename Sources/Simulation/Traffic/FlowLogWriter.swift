import Platform

/// Entries of flow logs: where a contact is in its flow, and the attributes the flow sets.
extension TrafficWorld {
    private static let blocks: [StaticString] = [
        "SetLoggingBehavior", "PlayPrompt", "GetUserInput", "InvokeExternalResource", "CheckAttribute", "SetContactFlow",
        "CheckHoursOfOperation", "SetVoice", "SetQueue", "Transfer",
    ]
    private static let variables: [(key: StaticString, values: [StaticString])] = [
        ("tier", ["gold", "silver", "bronze"]),
        ("intent", ["order_status", "refund", "cancel", "Adressänderung"]),
        ("language", ["en-US", "es-MX", "fr-CA", "de-DE"]),
        ("authenticated", ["true", "false"]),
        ("caseId", ["CASE-10442", "CASE-20981", "CASE-31337"]),
        ("lastOrder", [#"{\"id\":4711,\"items\":[\"Kühlschrank\"],\"state\":\"shipped\"}"#, #"{\"id\":12,\"items\":[]}"#]),
    ]

    /// Tells of a contact's way through a flow, its entries in order within the next `duration` milliseconds.
    mutating func tellJourney(of contact: Contact, lasting duration: Int64) {
        let count = random.between(4, 12)
        let flow = contact.variety % RegionCatalog.flowNames.count
        // Contacts that take part in a context store tell it of their position as well.
        if random.chance(0.15) { tellFlowContext(contact, flow: flow) }
        for place in 0..<count {
            let time = clock + 1 + duration * Int64(place) / Int64(count) + Int64(place)
            let setsAttribute = place > 0 && random.chance(0.35)
            guard var line = begin(.flow) else { return }
            line.raw(#"{"ContactId":"#)
            writeContactID(contact.number, into: &line)
            line.raw(",")
            line.raw(catalog.regions[Int(contact.region)].flows[flow])
            line.raw(#","ContactFlowModuleType":"#)
            let block = min(place, Self.blocks.count - 1)
            line.string(setsAttribute ? "SetAttributes" : Self.blocks[block])
            line.raw(#","Identifier":""#)
            line.uuid(TrafficUUID(.block, UInt64(flow * 64 + place), seed: options.seed))
            line.raw(#"","Timestamp":"#)
            line.milliseconds(time)
            if setsAttribute {
                let variable = Self.variables[random.below(Self.variables.count)]
                line.raw(#","Parameters":{"Key":"#)
                line.string(variable.key)
                line.raw(#","Value":"#)
                line.string(variable.values[random.below(variable.values.count)])
                line.raw("}")
            } else {
                writeParameters(of: contact, block: block, into: &line)
            }
            line.raw("}")
            send(line, at: time)
        }
    }

    private mutating func writeParameters(of contact: Contact, block: Int, into line: inout TrafficLine) {
        switch block {
        case 1:
            line.raw(#","Parameters":{"Text":"Thanks for calling. ¡Bienvenido!","TextToSpeechType":"text"}"#)
        case 2:
            line.raw(#","Parameters":{"Text":"Press 1 for billing","Timeout":"8000"},"Results":""#)
            line.integer(random.between(1, 4))
            line.raw("\"")
        case 3:
            line.raw(#","Parameters":{"FunctionArn":"arn:aws:lambda:"#)
            line.raw(catalog.regions[Int(contact.region)].name)
            line.raw(#":236630710668:function:customer-lookup","TimeLimit":"8000"},"ExternalResults":{"customerId":"#)
            writeCustomer(contact.customer, into: &line)
            line.raw(#","openCases":""#)
            line.integer(random.below(4))
            line.raw(#""}"#)
        case 8:
            line.raw(#","Parameters":{"Queue":"#)
            line.string(catalog.regions[Int(contact.region)].queueARNs[contact.queue])
            line.raw("}")
        default:
            break
        }
    }
}
