/// `converge failover`: what decides where contacts go, and what people say to it. A file a subcommand in this folder.
enum FailoverCommands: SubcommandGroup {
    static let name = "failover"
    static let summary = "Moves contacts, agents and sign-in between two Regions of Amazon Connect Global Resiliency."

    static var subcommands: [any Subcommand.Type] {
        [
            FailoverRun.self, FailoverStatusCommand.self, FailoverPlan.self, FailoverMove.self, FailoverApprove.self,
            FailoverHold.self, FailoverResume.self, FailoverAcknowledge.self, FailoverReturn.self, FailoverHistory.self,
            FailoverExplain.self, FailoverDrill.self, FailoverBacktest.self,
            FailoverPreflight.self, FailoverCapacity.self,
            FailoverTable.self,
        ]
    }
}
