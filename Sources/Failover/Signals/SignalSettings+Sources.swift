import AWS
import HTTPClient

extension SignalSettings {
    /// What is looked with beside Connect's API and a worker's own observations. `regions`: of the pair.
    package func sources(
        _ session: AWSSession, instance: String, regions: [String], counts: RequestCounts
    ) throws -> [any SignalSource] {
        func client(_ service: AWSService, _ region: String) throws -> ServiceClient {
            try session.client(
                service, region: region, retry: ConnectAPISource.retry, timeouts: ConnectAPISource.timeouts)
        }
        var sources: [any SignalSource] = []
        if readsMetrics {
            sources += try regions.map {
                MetricsSource(try client(.cloudWatch, $0), instance: instance, flows: flows, counts: counts)
            }
        }
        if asksHealth {
            let clients = try Health.regions.map { try client(.health, $0) }
            sources.append(HealthSource(clients, regions: regions, counts: counts))
        }
        if let url = syntheticURL.flatMap({ HTTPURL($0) }) {
            sources.append(
                SyntheticSource(
                    session.http, url, tokenFile: syntheticTokenFile, regions: regions, ageMax: syntheticAgeMax, counts: counts)
            )
        }
        if let wordFile { sources.append(WordSource(path: wordFile, regions: regions)) }
        return sources
    }
}
