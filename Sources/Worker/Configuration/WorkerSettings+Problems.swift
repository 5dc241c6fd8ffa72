import AWS
import Ingest

extension WorkerSettings {
    /// What is wrong although every value is one that its key takes: a sentence each; empty where all is right.
    func problems() -> [String] {
        var problems: [String] = []
        func check(_ body: () throws -> Void) {
            do { try body() } catch let error as KafkaError {
                if case .option(let name, let reason) = error {
                    problems.append("kafka.options.\(name): \(reason)")
                } else {
                    problems.append("\(error)")
                }
            } catch {
                problems.append("\(error)")
            }
        }
        if let kafka { check { try KafkaSettings(kafka).check() } }
        // Where nothing says which, the instance does; streams and endpoints are told to be wrong in any.
        let region = (try? AWSSession())?.configuredRegion ?? "us-east-1"
        var services: [AWSService] = []
        if case .kinesis(let kinesis) = source {
            check { try KinesisSettings(kinesis, region: region).check() }
            services = [.kinesis, .dynamoDB]
        }
        if case .tables = store.place {
            if let problem = store.prefixProblem { problems.append(problem) }
            if services.isEmpty { services = [.dynamoDB] }
        }
        for service in services { check { _ = try AWSSession().client(service, region: region) } }
        return problems
    }
}
