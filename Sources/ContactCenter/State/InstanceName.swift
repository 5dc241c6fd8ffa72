import JSON
import Platform

/// Which instance of Connect a contact's agents and queue are of. A row names it once; what lies in it is told by its own id.
struct InstanceName {
    let account: ByteView
    let instance: ByteView

    /// Of an agent's entity id, `account/instance/agent`; nil of other text.
    init?(agentId: ByteView) {
        guard let first = agentId.firstOffset(of: UInt8(ascii: "/")),
            let second = agentId.firstOffset(of: UInt8(ascii: "/"), from: first + 1), second + 1 < agentId.count
        else { return nil }
        account = agentId.slice(0, first)
        instance = agentId.slice(first + 1, second - first - 1)
    }

    /// Of an ARN as a JSON string; nil where an escape is left in it.
    init?(arn json: ByteView) {
        guard let arn = InstanceName.parts(of: json), !arn.account.isEmpty else { return nil }
        (account, instance) = (arn.account, arn.instance)
    }

    private static func parts(of json: ByteView) -> ConnectARN? {
        guard !json.contains(UInt8(ascii: "\\")) else { return nil }
        return ConnectARN(json.slice(1, json.count - 2))
    }

    /// Appends `"account/instance"`.
    func append(to out: inout ByteBuffer) {
        out.append(UInt8(ascii: "\""))
        out.appendJSONEscaped(account)
        out.append(UInt8(ascii: "/"))
        out.appendJSONEscaped(instance)
        out.append(UInt8(ascii: "\""))
    }

    /// An agent's id without the instance; whole where the agent is of another one.
    static func short(_ agentId: ByteView, in name: InstanceName?) -> ByteView {
        guard let name, let own = InstanceName(agentId: agentId), own.account.equals(name.account),
            own.instance.equals(name.instance)
        else { return agentId }
        let length = own.account.count + own.instance.count + 2
        return agentId.slice(length, agentId.count - length)
    }

    /// The id of one of its queues; nil of any other ARN.
    func queue(_ json: ByteView) -> ByteView? {
        guard let arn = InstanceName.parts(of: json), arn.kind.equals("queue"), !arn.resource.isEmpty,
            arn.account.equals(account), arn.instance.equals(instance)
        else { return nil }
        return arn.resource
    }
}
