public import AWS

extension KinesisSettings {
    /// What was looked at, and what was found or went wrong.
    public struct Look: Sendable {
        public var what: String
        public var found: String
        public var isFine: Bool
    }

    /// Looks for the streams, reads a record at most of a shard of each, and tries the lease tables, in ways that change nothing. A table that is
    /// missing is made by the first worker, and is no fault. At most four calls of five seconds for each stream and Region and for each lease table.
    public func look(_ session: AWSSession) throws -> [Look] {
        var looks: [Look] = []
        var found: [(stream: KinesisStream, table: String?)] = []
        for entry in try entries() {
            let places = entry.arn.map { [$0] } ?? regions.map { KinesisStream(name: entry.name, region: $0) }
            var isFound = false
            for place in places {
                let what = "stream \(place.name) in \(place.region)"
                do {
                    let trial = try AccessTrial(session, .kinesis, region: place.region)
                    guard let text = try KinesisSettings.look(at: place, trial) else { continue }
                    found.append((place, entry.table))
                    looks.append(Look(what: what, found: text, isFine: true))
                } catch {
                    looks.append(Look(what: what, found: "\(error)", isFine: false))
                }
                isFound = true
            }
            if isFound { continue }
            let error = KinesisError.noStream(entry.name, regions: places.map(\.region))
            looks.append(Look(what: "stream \(entry.name)", found: "\(error)", isFine: false))
        }
        let leases = try AccessTrial(session, .dynamoDB, region: leaseRegion)
        for (stream, table) in found {
            let name = leaseTable(of: stream, named: table, isOnly: found.count == 1)
            do {
                looks.append(Look(what: "lease table \(name)", found: try look(atLeases: name, leases), isFine: true))
            } catch {
                looks.append(Look(what: "lease table \(name)", found: "\(error)", isFine: false))
            }
        }
        return looks
    }

    /// Nil where there is no such stream.
    private static func look(at stream: KinesisStream, _ trial: AccessTrial) throws -> String? {
        do throws(AWSError) {
            _ = try trial.client.perform(Kinesis.DescribeStreamSummary(stream))
        } catch {
            guard error.kinesis == .missing else { throw error }
            return nil
        }
        let shards = try trial.client.perform(Kinesis.ListShards(stream)).shards
        guard let first = shards.first else { return "has no shards" }
        let iterator = try trial.client.perform(Kinesis.GetShardIterator(stream, shard: first.id, from: .latest))
        // Who reads at the same time may have used up the five reads a second: that is no missing permission.
        let reading = [Kinesis.GetRecords(stream, iterator: iterator, limit: 1)]
        if let error = trial.tryAll(reading, except: { $0.kinesis == .throughputExceeded }) { throw error }
        return "readable; \(shards.count) shards"
    }

    private func look(atLeases name: String, _ trial: AccessTrial) throws -> String {
        let table = LeaseTable(name, trial.client)
        do {
            guard try table.isUsable() else { return "is being created" }
        } catch let error as AWSError where error.dynamoDB == .missing {
            return "does not exist; the first worker creates it"
        }
        if let error = trial.tryAll(LeaseTable.trials(name), except: { $0.dynamoDB == .conditionFailed }) { throw error }
        return "readable and writable"
    }
}
