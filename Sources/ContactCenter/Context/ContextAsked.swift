public import Platform

/// Who asks for a ``CustomerContext``, as far as the answer depends on it.
public struct ContextAsked: Sendable {
    /// How the customer of the new contact is known to be this one.
    public enum Identification: String, CaseIterable, Sendable {
        /// By the caller's number alone, which anybody can show.
        case callerNumber = "caller-number"
        /// By what the customer has said or shown in the new contact: an account's number, a signed-in chat.
        case stated
    }

    /// The new contact's channel, as `VOICE`; nil where it is not told.
    public var channel: String?
    public var identification: Identification?
    public var now: Timestamp

    public init(channel: String? = nil, identification: Identification? = nil, now: Timestamp) {
        self.channel = channel
        self.identification = identification
        self.now = now
    }
}
