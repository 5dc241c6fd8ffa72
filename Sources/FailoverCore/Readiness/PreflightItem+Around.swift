/// What is around Connect: quotas, permissions, contacts, actuators, the control table, clocks.
extension PreflightItem {
    // MARK: Quotas

    /// A quota of Connect: of the account, or of the instance.
    package struct Quota: Hashable, Sendable {
        package var code: String
        package var name: String
        package var value: Double
        package var isOfInstance: Bool

        package init(code: String, name: String, value: Double, isOfInstance: Bool) {
            self.code = code
            self.name = name
            self.value = value
            self.isOfInstance = isOfInstance
        }

        fileprivate struct Key: Hashable {
            var code: String
            var isOfInstance: Bool
        }

        fileprivate var key: Key { Key(code: code, isOfInstance: isOfInstance) }
    }

    /// Lower ones in the target turn callers away once everybody is there; higher ones there do no harm.
    package static func quotas(target: Heard<[Quota]>, other: Heard<[Quota]>, targetRegion: String) -> PreflightItem {
        let what = "quotas of both instances"
        let remedy = "Service Quotas console in \(targetRegion), Amazon Connect: request the other Region's value"
        switch (target, other) {
        case (.unknown(let why), _), (_, .unknown(let why)):
            return PreflightItem("quotas", what, .unknown, why, remedy: "check that servicequotas:ListServiceQuotas is allowed")
        case (.known(let here), .known(let there)):
            let others = Dictionary(there.map { ($0.key, $0.value) }) { $1 }
            let pairs = here.compactMap { quota in others[quota.key].map { (quota, $0) } }
            guard !pairs.isEmpty else {
                return PreflightItem(
                    "quotas", what, .unknown, "no quota is told of both Regions",
                    remedy: "compare them in the Service Quotas console of both Regions")
            }
            func words(_ list: [(Quota, Double)]) -> String {
                list.sorted { $0.0.code < $1.0.code }.prefix(5).map {
                    "\($0.0.name.isEmpty ? $0.0.code : $0.0.name) (\($0.0.code)): \(number($0.0.value)) and \(number($0.1))"
                }.joined(separator: "; ")
            }
            let lower = pairs.filter { $0.0.value < $0.1 }
            if !lower.isEmpty {
                return PreflightItem("quotas", what, .failed, "lower in \(targetRegion): \(words(lower))", remedy: remedy)
            }
            let higher = pairs.filter { $0.0.value > $0.1 }
            if !higher.isEmpty {
                return PreflightItem(
                    "quotas", what, .warning, "lower in the other Region, for the way back: \(words(higher))",
                    remedy: "Service Quotas console of the other Region, Amazon Connect: request the value of \(targetRegion)")
            }
            return PreflightItem("quotas", what, .ok, "\(pairs.count) are told of both Regions, and are equal")
        }
    }

    /// Without a point where it is whole.
    static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    // MARK: Permissions

    /// What IAM says of one action on one resource.
    package struct Permission: Hashable, Sendable {
        package var action: String
        package var resource: String
        package var isAllowed: Bool

        package init(action: String, resource: String, isAllowed: Bool) {
            self.action = action
            self.resource = resource
            self.isAllowed = isAllowed
        }
    }

    /// IAM knows neither conditions on the network nor policies of the resources, so that a refusal is a reason to look, and never one to stay.
    package static func permissions(_ heard: Heard<[Permission]>) -> PreflightItem {
        let what = "permissions, as IAM simulates them"
        switch heard {
        case .unknown(let why):
            return PreflightItem(
                "permissions", what, .unknown, why,
                remedy:
                    "allow iam:SimulatePrincipalPolicy on the own role, or compare its policies with docs/failover.md, Permissions"
            )
        case .known(let permissions):
            let denied = permissions.filter { !$0.isAllowed }
            guard !permissions.isEmpty else {
                return PreflightItem("permissions", what, .unknown, "IAM simulated nothing", remedy: "look again")
            }
            guard let first = denied.first else {
                return PreflightItem("permissions", what, .ok, "\(permissions.count) simulated, all allowed")
            }
            let actions = Set(denied.map(\.action)).sorted()
            let more = actions.count > 5 ? " and \(actions.count - 5) more" : ""
            return PreflightItem(
                "permissions", what, .failed,
                "\(denied.count) of \(permissions.count) refused: \(actions.prefix(5).joined(separator: ", "))\(more)",
                remedy: "IAM console, the controller's role: allow \(first.action) on \(first.resource)")
        }
    }

    // MARK: Contacts

    /// When the target took its last contact: `age` in milliseconds; nil: none in the time that was looked at.
    package static func contact(
        _ heard: Heard<(age: Int64?, evidence: String)>, target: String
    ) -> PreflightItem {
        let what = "a contact that \(target) took lately"
        let remedy =
            "call a number of a test group that points to \(target), or run a drill: nothing else proves that it answers"
        switch heard {
        case .unknown(let why): return PreflightItem("contact", what, .unknown, why, remedy: remedy)
        case .known((nil, let evidence)): return PreflightItem("contact", what, .failed, evidence, remedy: remedy)
        case .known((let age?, let evidence)):
            return PreflightItem(
                "contact", what, age <= contactAgeMax ? .ok : .warning, evidence, remedy: remedy, age: age)
        }
    }

    /// A day.
    package static let contactAgeMax: Int64 = 86_400_000

    // MARK: Actuators

    /// `wall`: now, in milliseconds since 1970.
    package static func actuator(_ status: ActuatorStatus, wall: Int64) -> PreflightItem {
        let (id, what) = ("actuator/\(status.name)", "actuator \(status.name)")
        let remedy = "check the settings and permissions of failover.actuators for \(status.name) (docs/configuration.md)"
        guard let exercise = status.exercise else {
            return PreflightItem(id, what, .unknown, "it was not exercised yet", remedy: remedy)
        }
        let age = max(0, wall - exercise.at)
        let words = exercise.lines.joined(separator: "; ")
        func item(_ state: State, _ found: String) -> PreflightItem {
            PreflightItem(id, what, state, found, remedy: remedy, age: age)
        }
        if !exercise.isOK { return item(.failed, words.isEmpty ? "its exercise failed" : words) }
        if age > exerciseAgeMax { return item(.unknown, "it was last exercised \(age / 60_000) min ago") }
        if status.failures > 0 { return item(.warning, "\(status.failures) failures in a row: \(status.lastFailure ?? "")") }
        if status.givenUp > 0 { return item(.warning, "\(status.givenUp) messages were given up since its controller began") }
        return words.isEmpty ? item(.ok, "exercised without a fault") : item(.warning, words)
    }

    /// Five exercises: 15 minutes.
    package static let exerciseAgeMax: Int64 = 900_000

    // MARK: The control table

    /// What came of trying the control table at one Region's endpoint.
    package enum TableLook: Equatable, Sendable {
        /// Milliseconds of a read and of a refused write.
        case works(read: Double, write: Double)
        /// It answered, or did not: either way it cannot be used there.
        case fails(String)
        /// It belongs to this machine.
        case local
    }

    package static func controlTable(_ heard: Heard<TableLook>, region: String) -> PreflightItem {
        let (id, what) = ("control-table/\(region)", "the control table at \(region)")
        let remedy = "'converge failover table check' says what is wrong with it; 'table create' mends what can be"
        switch heard {
        case .unknown(let why): return PreflightItem(id, what, .unknown, why, remedy: remedy)
        case .known(.fails(let why)): return PreflightItem(id, what, .failed, why, remedy: remedy)
        case .known(.local):
            return PreflightItem(
                id, what, .warning, "it is in this machine, and gone with it",
                remedy:
                    "make a table in three Regions: converge failover table create, and set failover.control.kind to dynamodb")
        case .known(.works(let read, let write)):
            return PreflightItem(
                id, what, .ok, "read in \(Int(read.rounded())) ms, a refused write in \(Int(write.rounded())) ms")
        }
    }

    // MARK: Clocks

    /// `offset`: milliseconds that AWS's clock is ahead of this machine's, with an error of `error`.
    package static func clock(_ heard: Heard<(offset: Int64, error: Int64)>) -> PreflightItem {
        clock(heard, id: "clock", what: "this machine's clock against AWS's", "this machine's clock")
    }

    /// Against the other Region's workers, by the canary: the least offset that explains what was seen.
    package static func peerClock(_ heard: Heard<(offset: Int64, error: Int64)>, peer: String) -> PreflightItem {
        clock(heard, id: "clock/\(peer)", what: "clocks of the workers of \(peer)", "the clocks of both Regions' workers")
    }

    private static func clock(
        _ heard: Heard<(offset: Int64, error: Int64)>, id: String, what: String, _ whose: String
    ) -> PreflightItem {
        switch heard {
        case .unknown(let why): return PreflightItem(id, what, .unknown, why, remedy: "look again once it answers")
        case .known(let (offset, error)):
            let sure = max(0, abs(offset) - error)
            let state: State = sure > clockFailedMilliseconds ? .failed : sure > clockWarningMilliseconds ? .warning : .ok
            return PreflightItem(
                id, what, state, "\(offset) ms apart, give or take \(error) ms",
                remedy: "set \(whose) by NTP (chronyc tracking)")
        }
    }

    /// A minute: AWS takes signatures that are five off, and what people read of the history begins to mislead.
    package static let clockFailedMilliseconds: Int64 = 60_000
    package static let clockWarningMilliseconds: Int64 = 2_000
}
