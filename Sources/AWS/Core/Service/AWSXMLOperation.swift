import HTTPClient
import Platform

/// An operation whose response is read whole, as XML.
protocol AWSXMLOperation: AWSOperation {
    /// Nil where the response lacks what it is documented to say. `root` is valid during the call.
    func output(_ root: XMLElement) -> Output?
}

extension AWSXMLOperation {
    func xmlOutput(of response: HTTPResponse) throws(UnreadableOutput) -> Output {
        let found = response.body.withBytes { XMLElement(document: $0).flatMap { output($0) } }
        guard let found else { throw UnreadableOutput("documented elements are missing") }
        return found
    }
}
