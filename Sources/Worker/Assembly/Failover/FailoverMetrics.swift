import Failover
import FailoverCore
import Observability
import Platform

/// What a controller has for Prometheus. Ages are absent where nothing was heard, never zero.
enum FailoverMetrics {
    static func observe(
        _ runner: FailoverRunner, _ sources: SignalSources, _ counts: RequestCounts, in metrics: Metrics
    ) throws(MetricsError) {
        try observeController(runner, in: metrics)
        try metrics.observe(
            "converge_failover_signal_state", "1 for the state that a signal is in.",
            labels: ["region", "kind", "source", "state"]
        ) { [weak runner] in
            signals(runner).flatMap { entry in
                SignalState.allCases.map { state in
                    MetricReading(
                        state == entry.signal.state ? 1 : 0,
                        labels: [entry.signal.region, entry.signal.kind.rawValue, entry.signal.source, state.rawValue])
                }
            }
        }
        try metrics.observe(
            "converge_failover_signal_age_seconds", "How long ago what a signal says was so.",
            labels: ["region", "kind", "source"]
        ) { [weak runner] in
            let now = monotonicMilliseconds()
            return signals(runner).map { entry in
                MetricReading(
                    Double(now - entry.signal.observedAt) / 1000,
                    labels: [entry.signal.region, entry.signal.kind.rawValue, entry.signal.source])
            }
        }
        try metrics.observe(
            "converge_failover_requests_total", "Requests that looking at the Regions has sent.", labels: ["service", "region"]
        ) {
            counts.all.map { MetricReading(Double($0.count), labels: [$0.place.service, $0.place.region]) }
        }
        try metrics.observe(
            "converge_failover_source_problem", "1 for a source of signals that does not run.", labels: ["source"]
        ) { [weak sources] in
            (sources?.status ?? []).map { MetricReading($0.problem == nil ? 0 : 1, labels: [$0.name]) }
        }
    }

    static func observe(_ actuators: Actuators, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_failover_actuator_applied_term", "The newest term that an actuator was seen to have carried out.",
            labels: ["actuator"]
        ) {
            actuators.statuses.map { MetricReading(Double($0.appliedTerm), labels: [$0.name]) }
        }
        try metrics.observe(
            "converge_failover_actuator_exercise_ok",
            "1 where the last exercise of an actuator, which changes nothing, found nothing wrong.",
            labels: ["actuator"]
        ) {
            actuators.statuses.compactMap { status in
                status.exercise.map { MetricReading($0.isOK ? 1 : 0, labels: [status.name]) }
            }
        }
        try metrics.observe(
            "converge_failover_actuator_exercise_timestamp_seconds",
            "When an actuator was last exercised, in seconds since 1970.",
            labels: ["actuator"]
        ) {
            actuators.statuses.compactMap { status in
                status.exercise.map { MetricReading(Double($0.at) / 1000, labels: [status.name]) }
            }
        }
        try metrics.observe(
            "converge_failover_actuator_failures", "Failed attempts of an actuator since the last one that worked.",
            labels: ["actuator"]
        ) {
            actuators.statuses.map { MetricReading(Double($0.failures), labels: [$0.name]) }
        }
        try metrics.observe(
            "converge_failover_actuator_given_up_total", "Messages that an actuator gave up: nobody took them in time.",
            labels: ["actuator"]
        ) {
            actuators.statuses.map { MetricReading(Double($0.givenUp), labels: [$0.name]) }
        }
    }

    static func observe(_ preflight: PreflightWatch, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_failover_preflight", "1 for what a move needs and has, 0 for what is wrong with it; absent: unknown.",
            labels: ["item"]
        ) { [weak preflight] in
            (preflight?.last.items ?? []).compactMap { item in
                switch item.state {
                case .ok, .warning: MetricReading(1, labels: [item.id])
                case .failed: MetricReading(0, labels: [item.id])
                case .unknown: nil
                }
            }
        }
        try metrics.observe(
            "converge_failover_preflight_timestamp_seconds", "When the last preflight ended, in seconds since 1970."
        ) { [weak preflight] in
            (preflight?.last.at).map { [MetricReading(Double($0) / 1000)] } ?? []
        }
    }

    private static func signals(_ runner: FailoverRunner?) -> [SignalBook.Entry] {
        guard let evaluation = runner?.status.evaluation else { return [] }
        return evaluation.own.entries + evaluation.peer.entries
    }

    private static func observeController(_ runner: FailoverRunner, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_failover_rule_holds", "1 for a rule of a move by itself that holds.", labels: ["rule"]
        ) { [weak runner] in
            (runner?.status.evaluation?.findings ?? []).map { MetricReading($0.holds ? 1 : 0, labels: [$0.rule.rawValue]) }
        }
        try metrics.observe(
            "converge_failover_share_ratio", "Share of telephony of a Region, as it is in force, by group.",
            labels: ["group", "region"]
        ) { [weak runner] in
            (runner?.status.groups ?? []).flatMap { view in
                view.shares.telephony.sorted { $0.key < $1.key }.map {
                    MetricReading(Double($0.value) / 100, labels: [view.group, $0.key])
                }
            }
        }
        try metrics.observe(
            "converge_failover_view_age_seconds", "Age of what was last read of the control table and of the groups.",
            labels: ["view"]
        ) { [weak runner] in
            guard let status = runner?.status else { return [] }
            return [("control-table", status.controlAge), ("groups", status.groupsAge)].compactMap { name, age in
                age.map { MetricReading(Double($0) / 1000, labels: [name]) }
            }
        }
        try metrics.observe(
            "converge_failover_controllers", "Controllers that are alive, by Region.", labels: ["region"]
        ) { [weak runner] in
            (runner?.status.controllers ?? [:]).sorted { $0.key < $1.key }.map {
                MetricReading(Double($0.value), labels: [$0.key])
            }
        }
        try metrics.observe("converge_failover_term", "The newest term.") { [weak runner] in
            (runner?.status.control?.newest).map { [MetricReading(Double($0.term))] } ?? []
        }
        try metrics.observe(
            "converge_failover_foreign", "1 while somebody else's change of a group is not acknowledged."
        ) { [weak runner] in
            runner.map { [MetricReading($0.status.foreign == nil ? 0 : 1)] } ?? []
        }
        try metrics.observe(
            "converge_failover_history_unwritten", "Lines of the history that the control table has not taken yet."
        ) { [weak runner] in
            runner.map { [MetricReading(Double($0.status.unwritten))] } ?? []
        }
    }
}
