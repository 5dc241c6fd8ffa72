public import Platform

/// Why a record or an event in it was not merged. The raw values are stable names (`docs/merge.md`).
public enum RejectionReason: String, CaseIterable, Sendable {
    case notJSON = "not-json"
    case notUTF8 = "not-utf8"
    case notObject = "not-object"
    case tooDeep = "too-deep"
    case tooLarge = "too-large"
    case noStamp = "no-stamp"
    case noIdentity = "no-identity"
    case tooLong = "too-long"
    case badEnvelope = "bad-envelope"
    case skew = "skew"
    /// Not refused: a sample of objects that are no event.
    case unknownShape = "unknown-shape"
}

/// Thrown inside the decoders; the record goes to the dead letters with it.
struct Refusal: Error {
    var reason: RejectionReason
    var detail: String

    init(_ reason: RejectionReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

/// A record, or an event inside an envelope, that was refused: whole, with its reason.
public struct Rejection: Sendable {
    /// Why, for machines.
    public var reason: RejectionReason
    /// Why, for people.
    public var detail: String
    /// Index of the record in its block.
    public var record: Int
    /// The number of the event in each envelope around it, from the outside in, from 1; empty of a plain record.
    public var path: [Int]
    /// When the broker took it, where that is known.
    public var arrival: Timestamp?
    /// The record or the event, whole.
    public var bytes: [UInt8]
}
