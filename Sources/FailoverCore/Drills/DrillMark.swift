/// What an intent of a drill has as its plan: `drill/3f9c/us-east-1/600/out`, and `drill/3f9c/us-east-1/600/back` of the one that ends it. So whoever finds one in force can end
/// it, though the process that began it is gone.
package struct DrillMark: Equatable, Sendable {
    package var id: String
    /// Counts as lost.
    package var region: String
    /// How long the Region is to count as lost.
    package var seconds: Int64
    package var isBack: Bool

    package init(id: String, region: String, seconds: Int64, isBack: Bool) {
        self.id = id
        self.region = region
        self.seconds = seconds
        self.isBack = isBack
    }

    /// Nil where the plan is not of a drill.
    package init?(_ plan: String) {
        let words = plan.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 5, words[0] == "drill", !words[1].isEmpty, !words[2].isEmpty, let seconds = Int64(words[3]),
            seconds > 0, seconds <= DrillMark.secondsMax, words[4] == "out" || words[4] == "back"
        else { return nil }
        self.init(id: String(words[1]), region: String(words[2]), seconds: seconds, isBack: words[4] == "back")
    }

    package var plan: String { "drill/\(id)/\(region)/\(seconds)/\(isBack ? "back" : "out")" }

    /// A day.
    package static let secondsMax: Int64 = 86_400
}
