import AWS
import FailoverCore
import HTTPClient
import Platform

/// Looks whether a Region could take the traffic: everything that a move needs, each by itself and in bounded time. It changes nothing.
///
///     let items = Preflight(plan, session).run()
///
/// Cost: requests to Amazon Connect at the target's endpoint, ``PreflightPlan/Bounds`` says how many; some ten to other services. A thread a question, a
/// dozen and one a group, an actuator and a replica; each ends some seconds after the deadline at the latest.
package struct Preflight: Sendable {
    /// What somebody knows already who runs beside it.
    package struct Sights: Sendable {
        /// Differences between the Regions; nil: they are asked for.
        package var drift: (@Sendable () -> ReadinessReport?)?
        /// Milliseconds since a contact began in a Region; nil: nobody saw one, and CloudWatch is asked.
        package var contactAge: @Sendable (_ region: String) -> Int64? = { _ in nil }
        /// How far the clocks of the other Region's workers are apart from here; nil: nobody says.
        package var peerClock: (@Sendable () -> (offset: Int64, error: Int64)?)?
        /// Those that run; nil: those of the settings are exercised for the occasion.
        package var actuators: Actuators?

        package init() {}
    }

    let plan: PreflightPlan
    let session: AWSSession
    let sights: Sights
    let pace: RequestPace

    package init(_ plan: PreflightPlan, _ session: AWSSession, sights: Sights = .init()) {
        self.plan = plan
        self.session = session
        self.sights = sights
        pace = RequestPace(milliseconds: plan.bounds.paceMilliseconds)
    }

    /// Waits for the deadline of its bounds at most.
    package func run() -> [PreflightItem] {
        let deadline = monotonicMilliseconds() + plan.bounds.deadlineMilliseconds
        let waiting = probes(deadline).map { $0.start() }
        return waiting.flatMap { $0(deadline) }
    }

    private func probes(_ deadline: Int64) -> [PreflightProbe] {
        let target = plan.target
        var probes = [
            PreflightProbe({ try instance(deadline) }) {
                PreflightItem.instance($0, target: target, complete: Connect.Replication.complete)
            },
            PreflightProbe({ groups(deadline) }) { heard in
                switch heard {
                case .known(let looks): PreflightItem.groups(looks)
                case .unknown(let why): PreflightItem.groups(plan.groups.map { ($0, .unknown(why)) })
                }
            },
            PreflightProbe({ try agents(deadline) }) { [PreflightItem.agents($0)] },
            PreflightProbe({ drift(deadline) }) { heard in
                switch heard {
                case .known(let item): [item]
                case .unknown(let why):
                    [PreflightItem.drift([:], of: PreflightPlan.kinds.count, problem: why)]
                }
            },
            PreflightProbe({ (try quotas(target), try quotas(plan.peer)) }) { heard in
                switch heard {
                case .known(let (here, there)):
                    [PreflightItem.quotas(target: .known(here), other: .known(there), targetRegion: target)]
                case .unknown(let why):
                    [PreflightItem.quotas(target: .unknown(why), other: .unknown(why), targetRegion: target)]
                }
            },
            PreflightProbe({ try permissions() }) { [PreflightItem.permissions($0)] },
            PreflightProbe({ try contact() }) { [PreflightItem.contact($0, target: target)] },
        ]
        probes += tableProbes + actuatorProbes(deadline)
        probes.append(PreflightProbe({ try clock() }) { [PreflightItem.clock($0)] })
        if let peerClock = sights.peerClock {
            probes.append(
                PreflightProbe({ peerClock() }) { heard in
                    guard case .known(let offset?) = heard else {
                        return [PreflightItem.peerClock(.unknown("the canary says nothing of it yet"), peer: plan.peer)]
                    }
                    return [PreflightItem.peerClock(.known(offset), peer: plan.peer)]
                })
        }
        return probes
    }

    func client(_ service: AWSService, _ region: String? = nil) throws -> ServiceClient {
        let limit = Duration.milliseconds(plan.bounds.requestMilliseconds)
        return try session.client(
            service, region: region, retry: RetryOptions(attemptsMax: 1),
            timeouts: HTTPTimeouts(connect: min(.seconds(3), limit), firstByte: limit, idle: limit, total: limit))
    }

    /// Asks Amazon Connect at the target's endpoint, in its turn.
    func ask<Operation: AWSOperation>(
        _ client: ServiceClient, _ operation: Operation, _ deadline: Int64
    ) throws -> Operation.Output {
        try pace.take(until: deadline)
        return try client.perform(operation)
    }
}

extension PreflightPlan {
    /// All that Amazon Connect replicates.
    package static let kinds = Connect.ListReplicationFindings.resourceTypes
}
