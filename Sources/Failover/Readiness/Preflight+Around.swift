import AWS
import FailoverCore
import HTTPClient
import Platform

/// What is asked of other services.
extension Preflight {
    func permissions() throws -> [PreflightItem.Permission] {
        let caller = try client(.sts, plan.target).perform(STS.GetCallerIdentity())
        let iam = try client(.iam)
        var permissions: [PreflightItem.Permission] = []
        for entry in FailoverActions(plan).entries {
            var marker: String?
            // A thousand decisions to a page.
            for _ in 0..<10 {
                let output = try iam.perform(
                    IAM.SimulatePrincipalPolicy(
                        principal: caller.policySource, actions: entry.actions, resources: entry.resources, marker: marker))
                permissions += output.decisions.map {
                    .init(action: $0.action, resource: $0.resource, isAllowed: $0.isAllowed)
                }
                marker = output.marker
                if marker == nil { break }
            }
        }
        return permissions
    }

    static let contactHours: Int64 = 7 * 24
    private static let hour: Int64 = 3_600_000

    /// What was seen here, or the newest hour in which CloudWatch counted a call, as far back as a week.
    func contact() throws -> (age: Int64?, evidence: String) {
        if let age = sights.contactAge(plan.target) { return (age, "one began \(age / 60_000) min ago") }
        let now = Timestamp.now.milliseconds
        let series = try calls("CallsPerInterval", "Sum", of: plan.target, to: now)
        guard let last = series.last(where: { $0.value > 0 }) else {
            return (nil, "CloudWatch counted no call in the last seven days")
        }
        let age = max(0, now - last.time.milliseconds - Preflight.hour)
        return (age, "CloudWatch counted \(PreflightItem.calls(last.value)) in the hour from \(last.time)")
    }

    /// A figure of calls by the hour. Hours without a datapoint had none, or it is not there yet.
    func calls(
        _ metric: String, _ statistic: String, of region: String, to now: Int64
    ) throws -> [CloudWatch.GetMetricData.Point] {
        let end = (now / Preflight.hour + 1) * Preflight.hour
        let query = CloudWatch.GetMetricData.Query(
            namespace: "AWS/Connect", metric: metric, dimensions: ["InstanceId": plan.instance, "MetricGroup": "VoiceCalls"],
            statistic: statistic, periodSeconds: 3600)
        let get = CloudWatch.GetMetricData(
            [query], from: Timestamp(milliseconds: end - Preflight.contactHours * Preflight.hour),
            to: Timestamp(milliseconds: end))
        return try client(.cloudWatch, region).perform(get).series.first?.points ?? []
    }

    func clock() throws -> (offset: Int64, error: Int64) {
        guard let reading = try client(.sts, plan.target).readClock(asking: STS.GetCallerIdentity()) else {
            throw ControlTableError("an answer of STS in \(plan.target) bears no date")
        }
        return (reading.offsetMilliseconds, reading.errorMilliseconds)
    }

    // MARK: The control table

    var tableProbes: [PreflightProbe] {
        guard let table = plan.table else {
            return [
                PreflightProbe({ PreflightItem.TableLook.local }) { [PreflightItem.controlTable($0, region: "this machine")] }
            ]
        }
        return table.regions.map { region in
            PreflightProbe({ try look(table, region) }) { [PreflightItem.controlTable($0, region: region)] }
        }
    }

    private func look(_ table: PreflightPlan.Table, _ region: String) throws -> PreflightItem.TableLook {
        let shape = try ControlTableShape(name: table.name, regions: table.regions)
        let setup = ControlTableSetup(shape, clients: [region: try client(.dynamoDB, region)])
        do {
            if table.verifiesConsistency {
                guard let found = try setup.look(region) else { return .fails("there is no table \(table.name) in \(region)") }
                if let objection = found.objection { return .fails(objection) }
            }
            let trips = try setup.roundTrips(region, samples: 1)
            return .works(read: trips.read, write: trips.write)
        } catch let error as AWSError {
            // Our own trouble says nothing of the table.
            if case .noCredentials = error.cause { throw error }
            return .fails("\(error)")
        }
    }

    // MARK: Actuators

    func actuatorProbes(_ deadline: Int64) -> [PreflightProbe] {
        let wall = Timestamp.now.milliseconds
        if let running = sights.actuators {
            return running.statuses.map { status in
                PreflightProbe({ status }) { _ in [PreflightItem.actuator(status, wall: wall)] }
            }
        }
        do {
            let made = try plan.actuators.actuators(
                session, own: plan.target, regions: [plan.target, plan.peer], say: { _ in })
            return made.all.map { actuator in
                PreflightProbe({ exercise(actuator, deadline) }) { _ in
                    [PreflightItem.actuator(actuator.status, wall: Timestamp.now.milliseconds)]
                }
            }
        } catch {
            let why = "\(error)"
            return [
                PreflightProbe({}) { _ in
                    [
                        PreflightItem(
                            "actuators", "actuators", .unknown, why,
                            remedy: "correct failover.actuators (docs/configuration.md)")
                    ]
                }
            ]
        }
    }

    /// An actuator that is told of no intent does nothing but look.
    private func exercise(_ actuator: any Actuator, _ deadline: Int64) {
        guard actuator.start() else { return }
        while actuator.status.exercise == nil, monotonicMilliseconds() < deadline { waitMilliseconds(20) }
        actuator.stop()
    }
}

extension PreflightItem {
    static func calls(_ value: Double) -> String { value == 1 ? "1 call" : "\(Int(value.rounded())) calls" }
}
