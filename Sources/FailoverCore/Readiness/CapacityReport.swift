/// Whether a Region could take all of the load: figures of now, and what is not known of them. `nil` is never zero.
package struct CapacityReport: Equatable, Sendable {
    package enum Verdict: String, Sendable {
        case fits
        case doesNotFit = "does-not-fit"
        /// Something that it takes to say so is not known.
        case unknown
    }

    /// Why something is not known, or worth a look; a sentence each.
    package var remarks: [String] = []
    package var agentsOnline: Int?
    package var agentsAvailable: Int?
    package var contactsInQueue: Int?
    /// Concurrent calls that the target's quota allows.
    package var callsQuota: Int?
    /// Calls at a time that are to be expected there.
    package var callsForecast: Int?
    /// Where the forecast is from.
    package var forecastSource = ""

    package init() {}

    /// The quota against the forecast. Agents are told beside it: fewer agents mean a queue, a lower quota means that callers are turned away.
    package var verdict: Verdict {
        guard let callsQuota, let callsForecast else { return .unknown }
        return callsForecast <= callsQuota ? .fits : .doesNotFit
    }

    /// One sentence.
    package var sentence: String {
        switch (callsQuota, callsForecast) {
        case (let quota?, let forecast?):
            let words = "\(forecast) calls at a time are expected, the quota is \(quota)"
            guard forecast <= quota else { return "\(words): \(forecast - quota) are turned away" }
            guard let agentsOnline, agentsOnline < forecast else { return "\(words): they fit" }
            return "\(words): they fit, but \(agentsOnline) agents are online: \(forecast - agentsOnline) callers wait"
        case (nil, _?): return "it is not known how many calls at a time the target takes"
        case (_, nil): return "it is not known how many calls at a time are to be expected; give --calls N"
        }
    }
}
