import FailoverCore

/// An actuator that runs by itself, on a thread of its own. All calls are from any thread and never wait, except ``stop()``.
package protocol Actuator: Sendable {
    var status: ActuatorStatus { get }
    /// Begins. False where the system has no thread left.
    func start() -> Bool
    /// Returns when nothing more is begun.
    func stop()
    /// Takes in the control table as it was just read.
    func follow(_ view: ControlView)
    /// Takes in what others are to be told.
    func tell(_ notice: Notice)
}

/// All actuators beside Connect's groups. Each follows by itself; what one of them does or fails to do is no matter of the others.
package struct Actuators: Sendable {
    package let all: [any Actuator]

    package init(_ all: [any Actuator]) { self.all = all }

    /// Begins. The names of those that the system had no thread for.
    package func start() -> [String] { all.filter { !$0.start() }.map(\.status.name) }

    package func stop() { for actuator in all { actuator.stop() } }

    package func follow(_ view: ControlView) { for actuator in all { actuator.follow(view) } }

    package func tell(_ notice: Notice) { for actuator in all { actuator.tell(notice) } }

    package var statuses: [ActuatorStatus] { all.map(\.status) }
}
