import AWS
import Foundation
import Platform
import Servers

extension Emulator {
    /// A session that finds everything here, as root.
    func session() throws -> AWSSession {
        let files = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
        return try AWSSession(Environment(environment().merging(files) { $1 }))
    }
}

extension AWSSession {
    /// An operation of a service with its input as JSON text, and the answer's text.
    @discardableResult
    func ask(_ service: AWSService, _ operation: String, _ json: String) throws -> String {
        try client(service, region: "us-east-1").perform(operation, Array(json.utf8)).body.text
    }
}
