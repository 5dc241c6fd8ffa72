public import Lattice
public import Platform

/// That a customer's call began in one Region, and when: what the registers of a contact say of it, without the rest of ``ContactState``.
///
/// A call that another one became (a transfer, a callback) or that somebody here made does not count, and neither do chats and tasks: no distribution of traffic moves them. Cost: a walk over
/// the registers.
public enum ContactStart {
    /// When it began, to the millisecond, or to the second where only the event's own time tells; nil where the contact is none of a customer's calls, or began elsewhere, or nothing tells.
    public static func time(of contact: EntityView, in region: ByteView) -> Timestamp? {
        var (isCall, isCustomers) = (false, false)
        var (initiated, seen): (RegisterView?, RegisterView?)
        var origin: ByteView?
        for register in contact where !register.isTombstone {
            let path = register.path
            if path.equals("event/channel") {
                guard register.value.equals("\"VOICE\"") else { return nil }
                isCall = true
            } else if path.equals("event/initiationMethod") {
                guard register.value.equals("\"INBOUND\"") || register.value.equals("\"WEBRTC_API\"") else { return nil }
                isCustomers = true
            } else if path.equals("event/globalResiliency") {
                origin = ContactOrigin.region(register)
            } else if path.equals("milestone/INITIATED"), register.rule == .max {
                initiated = register
            } else if path.equals("seen/INITIATED"), register.rule == .max {
                seen = register
            }
        }
        guard isCall, isCustomers, let told = initiated ?? seen, (origin ?? told.stamp.region).equals(region) else {
            return nil
        }
        return Timestamp(milliseconds: told.measure)
    }
}
