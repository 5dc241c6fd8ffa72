import ContactCenter
import JSON
import Platform

/// What an event of one type may say: a file of `docs/schemas`, as code. A test holds the two against each other.
struct EventSchema {
    /// What a member of `data` may be; null, which deletes it, always.
    enum Field: Equatable {
        case text
        case dateTime
        case object
        /// Any of these: JSON Schema's names of types.
        case number(ClosedRange<Double>)
        case integer(atLeast: Int64)
        case integerOrText
        /// Not empty, or so many of such at most.
        case textOrTexts(atMost: Int)
    }

    let type: String
    /// The members of `data` that are described. Others are taken as they are.
    let fields: [(name: String, field: Field)]

    static let all = [
        EventSchema(
            type: "converge.authentication.v1",
            fields: [("method", .text), ("result", .text), ("score", .number(0...1)), ("expiresAt", .dateTime)]),
        EventSchema(
            type: "converge.customer.v1",
            fields: [
                ("name", .text), ("tier", .text), ("phone", .textOrTexts(atMost: 16)), ("email", .textOrTexts(atMost: 16)),
                ("chat", .textOrTexts(atMost: 16)), ("preferences", .object), ("callback", .object),
                ("openCases", .integer(atLeast: 0)),
            ]),
        EventSchema(
            type: "converge.flow.v1",
            fields: [("flow", .text), ("position", .text), ("customerId", .text), ("menuChoice", .integerOrText)]),
        EventSchema(
            type: "converge.queue.v1",
            fields: [
                ("name", .text), ("agentsAvailable", .integer(atLeast: 0)), ("contactsInQueue", .integer(atLeast: 0)),
                ("oldestContactAgeSeconds", .number(0...Double.greatestFiniteMagnitude)), ("serviceLevel", .number(0...1)),
            ]),
        EventSchema(
            type: "converge.session.v1",
            fields: [
                ("status", .text), ("region", .text), ("previousRegion", .text), ("customerId", .text), ("contactId", .text),
                ("media", .object), ("device", .text),
            ]),
    ]

    static func of(_ type: String) -> EventSchema? { all.first { $0.type == type } }

    /// What is wrong with `data`, and with which member; nil where nothing is.
    func flaw(in data: JSONValue) -> String? {
        guard data.isObject else { return "data: not a JSON object" }
        for (spelled, value) in data.members {
            guard spelled.count <= EventSchema.nameBytesMax else { return "data: a member's name is longer than 1,024 bytes" }
            guard !value.isNull, let field = fields.first(where: { spelled.equals($0.name) })?.field else { continue }
            if let wanted = field.flaw(value) { return "data.\(spelled.text): not \(wanted), and not null" }
        }
        return nil
    }

    private static let nameBytesMax = 1024
}

extension EventSchema.Field {
    /// What the value is not.
    fileprivate func flaw(_ value: JSONValue) -> String? {
        switch self {
        case .text: value.isString ? nil : "a string"
        case .dateTime: value.text.flatMap { Timestamp($0) } == nil ? "a date-time as RFC 3339 has it" : nil
        case .object: value.isObject ? nil : "an object"
        case .number(let range):
            value.number.map(range.contains) == true ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        case .integer(let least):
            value.integer.map { $0 >= least } == true ? nil : "a whole number of at least \(least)"
        case .textOrTexts(let most):
            isFilled(value)
                || (value.isArray && value.elements.reduce(0) { count, _ in count + 1 } <= most
                    && value.elements.allSatisfy(isFilled))
                ? nil : "a string that is not empty or a list of at most \(most) of such"
        case .integerOrText: value.isString || value.integer != nil ? nil : "a whole number or a string"
        }
    }
}

private func isFilled(_ value: JSONValue) -> Bool { value.isString && !value.rawString.isEmpty }

extension ByteView {
    fileprivate func equals(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { compare(ByteView($0)) == 0 }
    }
}
