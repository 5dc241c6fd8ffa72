import Foundation
import TestSupport
import Testing

@testable import Lambda

/// A flow as a file has it, as far as these tests look.
private struct SampleFlow {
    let start: String
    let actions: [[String: Any]]
    let text: String

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/flows")
        text = try String(contentsOf: folder.appending(path: "\(name).json"), encoding: .utf8)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(root["Version"] as? String == "2019-10-30")
        start = try #require(root["StartAction"] as? String)
        actions = try #require(root["Actions"] as? [[String: Any]])
        let metadata = try #require((root["Metadata"] as? [String: Any])?["ActionMetadata"] as? [String: Any])
        #expect(Set(metadata.keys) == Set(actions.compactMap { $0["Identifier"] as? String }))
    }

    /// What begins with this in any text of the parameters: the keys behind it.
    func references(_ prefix: String) -> Set<String> {
        var found: Set<String> = []
        for piece in text.components(separatedBy: prefix).dropFirst() {
            found.insert(String(piece.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        }
        return found
    }
}

@Suite("the sample flows", .limited)
struct SampleFlowTests {
    private static let names = ["callback-offered", "returning-customer", "journey-resumed"]

    /// By type: parameters that it has to have, errors that have to have a branch, whether there are conditions and a next action.
    private static let types: [String: (parameters: [String], errors: Set<String>, hasConditions: Bool, hasNext: Bool)] = [
        "MessageParticipant": (["Text"], ["NoMatchingError"], false, true),
        "InvokeLambdaFunction": (
            ["InvocationTimeLimitSeconds", "LambdaFunctionARN", "LambdaInvocationAttributes", "ResponseValidation"],
            ["NoMatchingError"], false, true
        ),
        "Compare": (["ComparisonValue"], ["NoMatchingCondition"], true, true),
        "UpdateContactAttributes": (["Attributes", "TargetContact"], ["NoMatchingError"], false, true),
        "UpdateContactTargetQueue": (["QueueId"], ["NoMatchingError"], false, true),
        "TransferContactToQueue": ([], ["NoMatchingError", "QueueAtCapacity"], false, true),
        "UpdateContactCallbackNumber": (
            ["CallbackNumber"], ["CallbackNumberNotDialable", "InvalidCallbackNumber"], false, true
        ),
        "CreateCallbackContact": (
            ["InitialCallDelaySeconds", "MaximumConnectionAttempts", "RetryDelaySeconds"], ["NoMatchingError"], false, true
        ),
        "UpdateContactRoutingCriteria": (["RoutingCriteria"], ["NoMatchingError"], false, true),
        "DisconnectParticipant": ([], [], false, false),
    ]

    @Test("every block is of a known type, with its parameters and a branch for each of its errors", arguments: names)
    func blocks(name: String) throws {
        for action in try SampleFlow(name).actions {
            let type = try #require(action["Type"] as? String)
            let parameters = try #require(action["Parameters"] as? [String: Any])
            let transitions = try #require(action["Transitions"] as? [String: Any])
            let errors = Set((transitions["Errors"] as? [[String: Any]] ?? []).compactMap { $0["ErrorType"] as? String })
            let conditions = transitions["Conditions"] as? [[String: Any]] ?? []
            if type == "GetParticipantInput" {
                let isStored = parameters["StoreInput"] as? String == "True"
                #expect(parameters["Text"] != nil && parameters["InputTimeLimitSeconds"] != nil)
                #expect(
                    errors
                        == (isStored
                            ? ["NoMatchingError"] : ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"]))
                #expect(conditions.isEmpty == isStored)
                continue
            }
            let known = try #require(Self.types[type], "\(type)")
            #expect(Set(parameters.keys) == Set(known.parameters), "\(type)")
            #expect(errors == known.errors && conditions.isEmpty == !known.hasConditions, "\(type)")
            #expect((transitions["NextAction"] != nil) == known.hasNext, "\(type)")
        }
    }

    @Test(
        "identifiers are as Connect takes them, each once; every transition leads to a block, and every block is reached",
        arguments: names)
    func transitions(name: String) throws {
        let flow = try SampleFlow(name)
        let identifiers = flow.actions.compactMap { $0["Identifier"] as? String }
        #expect(Set(identifiers).count == flow.actions.count && flow.actions.count <= 250)
        for identifier in identifiers {
            #expect(identifier.utf8.count <= 50 && !identifier.contains { "%:(\\/)=$,;[]{}".contains($0) })
        }
        var next: [String: Set<String>] = [:]
        for action in flow.actions {
            let transitions = action["Transitions"] as? [String: Any] ?? [:]
            var targets = [transitions["NextAction"] as? String].compactMap { $0 }
            for list in ["Conditions", "Errors"] {
                targets += (transitions[list] as? [[String: Any]] ?? []).compactMap { $0["NextAction"] as? String }
            }
            for condition in transitions["Conditions"] as? [[String: Any]] ?? [] {
                let said = condition["Condition"] as? [String: Any]
                #expect(said?["Operator"] as? String == "Equals" && (said?["Operands"] as? [String])?.count == 1)
            }
            #expect(targets.allSatisfy(identifiers.contains), "\(targets)")
            next[action["Identifier"] as? String ?? ""] = Set(targets)
        }
        var reached: Set<String> = []
        var waiting = [flow.start]
        while let each = waiting.popLast() { if reached.insert(each).inserted { waiting += next[each] ?? [] } }
        #expect(reached == Set(identifiers))
    }

    @Test(
        "the function is called in the flow's own Region, as it wants to be called, and asked for what it answers",
        arguments: names)
    func function(name: String) throws {
        let flow = try SampleFlow(name)
        let keys = Set(FlowAnswer.defaults.map(\.key))
        for key in flow.references("$.External.") {
            let variable = key.hasPrefix(FlowSave.prefix) && FlowSave.isName(String(key.dropFirst(FlowSave.prefix.count)))
            #expect(keys.contains(key) || variable, "\(key)")
        }
        let known: Set<String> = ["action", "flow", "position", "customerId", "contactId", "identifiedBy"]
        let calls = flow.actions.filter { $0["Type"] as? String == "InvokeLambdaFunction" }
        #expect(!calls.isEmpty)
        for call in calls {
            let parameters = try #require(call["Parameters"] as? [String: Any])
            let arn = try #require(parameters["LambdaFunctionARN"] as? String)
            #expect(arn.hasPrefix("arn:aws:lambda:$.AwsRegion:") && arn.hasSuffix(":function:converge-lookup"))
            #expect((1...8).contains(Int(parameters["InvocationTimeLimitSeconds"] as? String ?? "") ?? 0))
            #expect((parameters["ResponseValidation"] as? [String: String]) == ["ResponseType": "STRING_MAP"])
            let given = try #require(parameters["LambdaInvocationAttributes"] as? [String: String])
            #expect(given.keys.allSatisfy { known.contains($0) || $0.hasPrefix(FlowSave.prefix) })
            #expect(["lookup", "save"].contains(given["action"] ?? ""))
            // What is saved can be saved, whatever the texts are.
            if given["action"] == "save" { #expect(FlowSave(FlowRequest.example(given)) != nil) }
        }
    }

    @Test("nothing names a Region")
    func regions() throws {
        for name in Self.names {
            #expect(try SampleFlow(name).text.range(of: "[a-z]{2}-[a-z]+-[0-9]", options: .regularExpression) == nil)
        }
    }
}
