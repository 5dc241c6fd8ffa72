import Platform

/// An agent's id as the state has it, `ACCOUNT/INSTANCE/AGENT`.
public enum AgentID {
    /// Of what a person or a program gave: an ARN of either Region's replica, or the id itself, which is left as it is.
    public static func id(told text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            let bytes = ByteView(bytes)
            guard let arn = ConnectARN(bytes), arn.isAgent else { return bytes.text }
            var id = ByteBuffer()
            arn.appendAgentID(to: &id)
            return id.bytes.text
        }
    }
}
