import Foundation

/// What a test waited for in vain.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String
}

/// Asks again and again, every few milliseconds, until it is so: how tests wait, instead of for a time.
///
/// The limit is generous, as nobody waits it out but where something is broken; a machine that is busy with other work must not
/// look like that.
/// - Parameters:
///   - what: What is waited for, as it is told where it never is so; evaluated then, so it may tell how things stand.
///   - seconds: How long it may take.
///   - every: Seconds between two questions; more where each costs the one who is asked.
/// - Throws: ``NeverHappened``, and whatever the question throws.
public func eventually(
    _ what: @autoclosure () -> String, seconds: Double = 240, every: Double = 0.005, file: StaticString = #fileID,
    line: UInt = #line, _ isSo: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !isSo() {
        guard ContinuousClock.now < deadline else {
            throw NeverHappened(description: "in \(seconds) seconds it never came to this: \(what()) (\(file):\(line))")
        }
        usleep(UInt32(every * 1_000_000))
    }
}
