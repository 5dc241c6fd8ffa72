import JSON
import Lattice
import Platform

/// What a customer's last authentication is worth in a new contact.
///
/// It was verified if its `result` is `verified`, or, where none is told, its `level` is above 0. It carries over for ``lifeMilliseconds`` at most, or until the producer's own `expiresAt`, within the channel that it was made in, and only
/// where the customer is known by more than the number that a call shows. Whatever is not known counts against it.
/// Source: API.md section 4.
struct CarriedAuthentication {
    /// Why it does not carry over.
    enum Obstacle: String {
        case notVerified = "not-verified"
        case expired
        case channelUnknown = "channel-unknown"
        case otherChannel = "other-channel"
        case identificationUnknown = "identification-unknown"
        case callerNumberAlone = "caller-number-alone"
    }

    static let lifeMilliseconds: Int64 = 10 * 60_000

    /// When its result was told, else the newest of its facts.
    let at: Timestamp
    let region: String?
    let channel: String?
    let until: Timestamp
    /// The producer's `level`, else its `score`: a number as it was told.
    let strength: String?
    private let isVerified: Bool

    /// Nil where nothing of one is told. `channel`: of a contact, and in which the customer was at a moment.
    init?(_ customer: EntityView, channel: (_ contact: String?, _ at: Timestamp) -> String?) {
        var newest: Stamp?
        var result: RegisterView?
        var (told, contact): (String?, String?)
        var (level, score): (String?, String?)
        var expiry: Timestamp?
        let parser = JSONParser()
        for register in customer where !register.isTombstone {
            guard let name = register.segment(after: "authentication/") else { continue }
            let value = try? parser.parse(register.value).root
            if name.equals("result") { result = register }
            if name.equals("channel") { told = value?.text?.uppercased() }
            if name.equals("contactId") { contact = value?.text }
            if name.equals("level") { level = value?.toldNumber?.text }
            if name.equals("score") { score = value?.toldNumber?.text }
            if name.equals("expiresAt") { expiry = value?.toldTime }
            if let newest, register.stamp.compare(newest) <= 0 { continue }
            newest = register.stamp
        }
        guard let stamp = result?.stamp ?? newest else { return nil }
        at = stamp.time
        region = stamp.region.isEmpty ? nil : stamp.region.text
        let life = Timestamp(milliseconds: stamp.time.milliseconds + CarriedAuthentication.lifeMilliseconds)
        until = expiry.map { min($0, life) } ?? life
        self.channel = told ?? channel(contact, stamp.time)
        strength = level ?? score
        isVerified =
            result.map { (try? parser.parse($0.value).root.text?.lowercased()) == "verified" }
            ?? level.flatMap { Double($0) }.map { $0 > 0 } ?? false
    }

    /// Nil where it carries over.
    func obstacle(_ asked: ContextAsked) -> Obstacle? {
        guard isVerified else { return .notVerified }
        // One of the future is nobody's either.
        guard asked.now <= until, at <= asked.now else { return .expired }
        guard let channel, let askedChannel = asked.channel?.uppercased() else { return .channelUnknown }
        guard channel == askedChannel else { return .otherChannel }
        switch asked.identification {
        case nil: return .identificationUnknown
        case .callerNumber: return .callerNumberAlone
        case .stated: return nil
        }
    }
}
