public import Platform

/// Which hour of which channel in which Region an entity of the kind `volume` counts: `us-east-1/VOICE/2026-11-30T17`.
public struct VolumeID: Equatable, Hashable, Sendable {
    /// Where the contacts began.
    public let region: String
    /// In upper case, as contact events name it.
    public let channel: String
    /// When the hour began, UTC.
    public let hour: Timestamp

    public static let millisecondsAnHour: Int64 = 3_600_000
    public static let minutesAnHour = 60
    /// `YYYY-MM-DDTHH`
    private static let hourLength = 13

    /// Of the hour in which `time` is.
    public init(region: String, channel: String, at time: Timestamp) {
        self.region = region
        self.channel = channel
        hour = VolumeID.hour(of: time)
    }

    /// The id itself.
    public var text: String {
        var text = ByteBuffer(capacity: 64)
        text.append(region)
        text.append("/")
        text.append(channel)
        text.append("/")
        VolumeID.append(hour: hour, to: &text)
        return text.bytes.text
    }

    /// When the hour of a time began.
    static func hour(of time: Timestamp) -> Timestamp {
        let beyond = time.milliseconds % millisecondsAnHour
        return Timestamp(milliseconds: time.milliseconds - (beyond < 0 ? beyond + millisecondsAnHour : beyond))
    }

    static func append(hour: Timestamp, to buffer: inout ByteBuffer) {
        let start = buffer.count
        hour.append(to: &buffer)
        buffer.truncate(to: start + hourLength)
    }

    package static func parts(_ id: ByteView) -> (region: ByteView, channel: ByteView, hour: Timestamp)? {
        let slash = UInt8(ascii: "/")
        guard let first = id.firstOffset(of: slash), let second = id.firstOffset(of: slash, from: first + 1),
            id.count == second + 1 + hourLength
        else { return nil }
        var spelled = ByteBuffer(capacity: 24)
        spelled.append(id.slice(second + 1, hourLength))
        spelled.append(":00:00.000Z")
        guard let hour = Timestamp(spelled.bytes) else { return nil }
        return (id.slice(0, first), id.slice(first + 1, second - first - 1), hour)
    }

    // MARK: - Minutes

    private static let minutes: StaticString =
        "000102030405060708091011121314151617181920212223242526272829303132333435363738394041424344454647484950515253545556575859"

    /// The minute of the hour in which a time is, in two digits.
    static func minute(of time: Timestamp) -> ByteView {
        let minute = (time.milliseconds - hour(of: time).milliseconds) / 60_000
        return minutes.view.slice(2 * Int(minute), 2)
    }

    /// Nil of what is no minute in two digits.
    static func minute(_ text: ByteView) -> Int? {
        let digits: ClosedRange<UInt8> = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard text.count == 2, digits.contains(text[0]), digits.contains(text[1]) else { return nil }
        let minute = Int(text[0] - digits.lowerBound) * 10 + Int(text[1] - digits.lowerBound)
        return minute < minutesAnHour ? minute : nil
    }
}
