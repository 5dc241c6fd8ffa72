import Failover

extension SignalSettings {
    init(_ configuration: Configuration) throws(ConfigurationError) {
        self.init()
        readsMetrics = !configuration.isOn("failover.without-metrics")
        flows = configuration.list("failover.metrics.flows")
        asksHealth = !configuration.isOn("failover.without-aws-health")
        syntheticURL = configuration.text("failover.synthetic.url")
        syntheticTokenFile = configuration.text("failover.synthetic.token-file")
        syntheticAgeMax = try configuration.required.milliseconds("failover.synthetic.age")
        wordFile = configuration.text("failover.word-file")
        readsPeerAgents = !configuration.isOn("failover.without-agents")
        hasGlobalRouting = configuration.isOn("failover.global-routing")
    }
}

extension ActuatorSettings {
    init(_ configuration: Configuration) {
        self.init()
        group = configuration.text("failover.actuators.group")
        activeRegionTable = configuration.text("failover.actuators.active-region.table")
        route53Records = configuration.list("failover.actuators.route53.records")
        route53Identifiers = configuration.list("failover.actuators.route53.identifiers")
        routingControlEndpoints = configuration.list("failover.actuators.routing-controls.endpoints")
        routingControls = configuration.list("failover.actuators.routing-controls.controls")
        webhookURL = configuration.text("failover.actuators.webhook.url")
        webhookSecretFile = configuration.text("failover.actuators.webhook.secret-file")
        eventBus = configuration.text("failover.actuators.eventbridge.bus")
        topic = configuration.text("failover.actuators.sns.topic")
        notices = configuration.list("failover.actuators.notices")
    }
}
