/// The clocks that the Regions' producers stamp their events by.
///
/// A front of ``Fault/skew`` puts a Region's clock up to four minutes ahead or behind for as long as it lasts; one of
/// ``Fault/clockJump`` sets it back by up to five minutes. Without a front a clock is right. Never more than four minutes ahead,
/// so that no event falls to the skew guard for it.
struct FeedClock {
    private static let skewSecondsMax = 240
    private static let jumpSecondsMax = 300

    private let seed: UInt64
    private let weather: Weather

    init(seed: UInt64, weather: Weather) {
        self.seed = seed
        self.weather = weather
    }

    /// How far ahead a Region's clock is at a time, in milliseconds: whole seconds, negative where it is behind. Where fronts
    /// of one kind overlap, the one added last is in force.
    func offset(region: Int, at time: Int64) -> Int64 {
        var skew = 0
        var jump = 0
        for front in weather.fronts where front.region == region && front.start <= time && time < front.end {
            var random = SeededRandom(seed: seed ^ mixed(UInt64(bitPattern: front.start)) &+ UInt64(region))
            switch front.fault {
            case .skew: skew = random.between(-Self.skewSecondsMax, Self.skewSecondsMax)
            case .clockJump: jump = random.between(1, Self.jumpSecondsMax)
            default: break
            }
        }
        return Int64(skew - jump) * 1000
    }

    /// False while every clock is right for good.
    var isEverWrong: Bool { weather.fronts.contains { $0.fault == .skew || $0.fault == .clockJump } }
}
