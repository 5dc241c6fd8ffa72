import TestSupport
import Testing

@testable import Lambda
@testable import Worker

@Suite("the function's settings and a worker's", .limited)
struct LambdaNamesTests {
    @Test("what both have is called the same")
    func names() {
        let keys = ConfigurationSchema.worker.keys
        for name in LambdaSettings.shared { #expect(keys.contains { $0.environmentName == name }, "\(name)") }
        // A secret, or the file with it: of the aliases' key a worker takes the file alone.
        for name in LambdaSettings.secrets {
            #expect(
                keys.contains { $0.isSecret && $0.environmentName == name || $0.environmentName == name + "_FILE" }, "\(name)")
        }
        #expect(keys.allSatisfy { !LambdaSettings.own.contains($0.environmentName) })
    }
}
