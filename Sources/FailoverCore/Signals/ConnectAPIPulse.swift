/// Whether Connect's control plane of a Region answers, out of one question after the other. It says nothing of telephony.
///
/// One answer makes it healthy, ``silencesMin`` silences in a row make it unhealthy, and anything between is unknown: the service that throttles or refuses
/// answers, and what never left this machine says nothing.
package struct ConnectAPIPulse: Equatable, Sendable {
    package static let silencesMin = 3

    package let region: String
    private let path: SignalPath
    /// In a row, up to now.
    package private(set) var silences = 0
    /// When the first of them was asked.
    private var silentSince: Int64 = 0

    /// `isOwn`: asked from inside the Region. Else a silence may be one of the network between the two.
    package init(region: String, isOwn: Bool) {
        self.region = region
        path = isOwn ? SignalPath(.ownEndpoint) : SignalPath(.between)
    }

    /// Whether it was silent and it is not known yet for how long: time to ask again soon.
    package var isDoubtful: Bool { silences > 0 && silences < ConnectAPIPulse.silencesMin }

    /// Takes in what came of a question. `asked`: when it was sent, on the controller's clock; what the signal says was so then. `question`: the operation's name.
    package mutating func take(_ answer: HeardAnswer, to question: String, asked: Int64) -> Signal {
        let state: SignalState
        let evidence: String
        switch answer {
        case .answered:
            silences = 0
            (state, evidence) = (.healthy, "\(question) was answered")
        case .silent(let why):
            if silences == 0 { silentSince = asked }
            silences += 1
            let isEnough = silences >= ConnectAPIPulse.silencesMin
            state = isEnough ? .unhealthy : .unknown
            evidence =
                "\(silences) questions in a row were not answered, for \((asked - silentSince) / 1000) s; "
                + (isEnough ? "" : "asking again; ") + "the last: \(why)"
        case .unclear(let why):
            silences = 0
            (state, evidence) = (.unknown, "what came back says nothing of the Region: \(why)")
        }
        return Signal(
            source: "connect-api", kind: .connectAPI, region: region, state: state, path: path, observedAt: asked,
            evidence: evidence)
    }
}
