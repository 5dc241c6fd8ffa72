import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover hold`: nothing moves by itself until `resume`.
enum FailoverHold: Subcommand {
    static let command = FailoverCommand.command(
        "hold", usage: "--why TEXT", summary: "Stops everything that would happen by itself, until 'resume'.",
        flags: [FailoverCommand.why, FailoverCommand.by],
        notes: "What people command goes on as before. A running return is halted.")

    static func run(_ options: Options) throws -> Int32 {
        guard let why = options["why"] else { throw UsageError("converge failover hold: --why TEXT is required") }
        let access = try FailoverCommand.access(options)
        let person = try FailoverCommand.person(options)
        try FailoverCommand.desk(access).hold(by: person, why: why)
        writeOutput(
            try FailoverCommand.isJSON(options) ? jsonLine { $0.member("held", true) } : "held: nothing moves by itself\n")
        return 0
    }
}

/// `converge failover resume`: ends a hold.
enum FailoverResume: Subcommand {
    static let command = FailoverCommand.command(
        "resume", summary: "Ends a hold.", flags: [FailoverCommand.by])

    static func run(_ options: Options) throws -> Int32 {
        let access = try FailoverCommand.access(options)
        let person = try FailoverCommand.person(options)
        guard try FailoverCommand.desk(access).resume(by: person) else {
            writeError("converge failover: nobody holds it\n")
            return 0
        }
        writeOutput(try FailoverCommand.isJSON(options) ? jsonLine { $0.member("held", false) } : "resumed\n")
        return 0
    }
}

/// `converge failover acknowledge`: ends the cool-down of a move, and takes what somebody else has changed for what is meant.
enum FailoverAcknowledge: Subcommand {
    static let command = FailoverCommand.command(
        "acknowledge", usage: "[--adopt]",
        summary: "Acknowledges the last move, so that the next one may happen by itself.",
        flags: [
            Flag("adopt", nil, "also take what is in force for what is meant, after somebody has changed it elsewhere"),
            FailoverCommand.by,
        ],
        notes: """
            After a move by itself nothing else moves by itself until a person has looked: this is how to say that one has. After somebody has changed a group with other
            tools, --adopt makes what is in force the newest term.
            """)

    static func run(_ options: Options) throws -> Int32 {
        let access = try FailoverCommand.access(options)
        let person = try FailoverCommand.person(options)
        if options.isSet("adopt") {
            let term = (try access.view().newest?.term ?? 0) + 1
            let groups = try access.groupViews()
            let intent = Intent(
                term: term, groups: groups.map { GroupShares(group: $0.group, shares: $0.shares) }, cause: .adopted,
                author: person, actor: "", evidence: ["\(person) takes what is in force for what is meant"],
                token: String(UInt64.random(in: .min ... .max), radix: 36), proposedAt: Timestamp.now.milliseconds)
            try FailoverCommand.say(
                .propose(intent), to: access,
                conflict: "somebody else has just made term \(term): look at 'status' and try again")
        }
        let term = try FailoverCommand.desk(access).acknowledge(by: person)
        writeOutput(
            try FailoverCommand.isJSON(options)
                ? jsonLine { $0.member("acknowledged", term) } : "term \(term) is acknowledged\n")
        return 0
    }
}

/// `converge failover approve`: a person's yes or no to what a controller proposes.
enum FailoverApprove: Subcommand {
    static let command = FailoverCommand.command(
        "approve", usage: "[ID] [--no]", summary: "Says yes, or no, to a move that a controller proposes.",
        flags: [Flag("no", nil, "say no"), FailoverCommand.by],
        notes: "Without ID it is the proposal that is there, which is shown and has to be confirmed on a terminal.")

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count <= 1 else { throw UsageError("converge failover approve: takes one ID at most") }
        let access = try FailoverCommand.access(options)
        let person = try FailoverCommand.person(options)
        let desk = FailoverCommand.desk(access)
        let proposal = try desk.proposal(options.operands.first)
        let isYes = !options.isSet("no")
        if options.operands.isEmpty {
            let lines = proposal.groups.map { "\($0.group): \($0.shares.text)" } + proposal.evidence
            guard
                FailoverCommand.confirms(
                    "\(proposal.controller) proposes:\n  " + lines.map(printable).joined(separator: "\n  "),
                    word: isYes ? "yes" : "no")
            else {
                throw UsageError(
                    "converge failover approve: not confirmed; give the proposal's ID, \(proposal.id), where there is no terminal"
                )
            }
        }
        try desk.answer(proposal, isYes: isYes, by: person)
        let text = isYes ? "approved: the controller moves at once if the rules still call for it\n" : "refused\n"
        writeOutput(try FailoverCommand.isJSON(options) ? jsonLine { $0.member("approved", isYes) } : text)
        return 0
    }
}
