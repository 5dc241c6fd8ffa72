public import HTTPServer
import JSON
import Platform

extension HTTPRouter {
    /// How the process stands: `/v1/lag`, `/v1/streams`, `/v1/probes` and `/v1/preflight` for who may read, `/v1/configuration` for who may operate. None of
    /// it is personal, none of it asks anybody; what this process does not have is 404 and says who has it. Not for agents' tokens.
    public mutating func addStanding(
        _ standing: ProcessStanding, clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        let routes = StandingRoutes(clock: clock)
        let read = HTTPAccess.scopes([ReadingScope.read])
        add("GET", "/v1/lag", access: read, limit: .read) { request in
            routes.answer(
                request, standing.lag,
                or: "this process measures no lag: ask a worker, or a controller over tables (store.kind dynamodb)"
            ) { lag, json in routes.write(lag(), standing.trend, to: &json) }
        }
        add("GET", "/v1/streams", access: read, limit: .read) { request in
            routes.answer(request, standing.streams, or: "this process reads no streams: ask a worker (converge run)") {
                routes.write($0(), to: &$1)
            }
        }
        add("GET", "/v1/probes", access: read, limit: .read) { request in
            routes.answer(
                request, standing.probes,
                or: "this process looks at no Region: ask a worker or a controller with failover.mode set"
            ) { routes.write($0(), to: &$1) }
        }
        add("GET", "/v1/preflight", access: read, limit: .read) { request in
            routes.answer(
                request, standing.preflight,
                or: "this process runs no preflight: ask a controller, or use 'converge failover preflight'"
            ) { routes.write($0(), to: &$1) }
        }
        add("GET", "/v1/configuration", access: .scopes([ReadingScope.operate]), limit: .read) { request in
            routes.answer(request, standing.configuration, or: "this process does not tell its configuration") { items, json in
                json.object { json in
                    json.key("items")
                    json.raw(items)
                }
            }
        }
    }
}

extension HTTPRouter {
    /// `/console/me`: who asks, as their token says, what they may do, and at which process: what the console begins with. Open to everybody; who has no good
    /// token is told the process alone.
    public mutating func addIdentity(_ identity: ProcessStanding.Identity) {
        add("GET", "/console/me", access: .known, limit: .operations) { request in
            var json = JSONWriter()
            json.object { json in
                json.member("canChange", identity.tellsChanges)
                json.member("expiresAt", request.caller?.until.map { "\($0)" })
                json.member("hasFailover", identity.hasFailover)
                json.member("insecure", identity.missing.isEmpty ? nil : identity.missing.joined(separator: " and "))
                json.member("isAgents", request.isAgents)
                json.member("isInsecure", !identity.missing.isEmpty)
                json.member("login", identity.wantsTokens ? (request.isOfSession ? "session" : "token") : "none")
                json.member("process", identity.process)
                json.member("region", identity.region)
                json.array("regions") { json in for region in identity.regions { json.string(region) } }
                json.array("scopes") { json in for scope in (request.caller?.scopes ?? []).sorted() { json.string(scope) } }
                json.member("subject", request.caller?.subject)
                json.member("version", identity.version)
            }
            return HTTPResponse(
                contentType: "application/json", headers: [("Cache-Control", "no-store"), ("Vary", "Authorization, Cookie")],
                body: json.bytes)
        }
    }
}

private struct StandingRoutes {
    let clock: @Sendable () -> Timestamp

    /// `part`: nil is 404 with `problem`.
    func answer<Part>(
        _ request: HTTPRequest, _ part: Part?, or problem: String, _ write: (Part, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        guard !request.isAgents else { return .problem(403, "an agent's token reads what is the agent's own") }
        guard request.query.isEmpty else { return .problem(400, "there are no parameters here") }
        guard let part else { return .problem(404, problem) }
        let now = clock()
        var answer = ReadingAnswer(asOf: now)
        write(part, &answer.data)
        return answer.response(to: request, now: now)
    }

    func write(_ lag: ProcessStanding.Lag, _ trend: LagTrend?, to json: inout JSONWriter) {
        json.object { json in
            json.array("ingest") { json in
                for each in lag.ingest {
                    json.object { json in
                        json.number("ageMs", each.age)
                        json.number("lagMs", each.lag)
                        json.member("region", each.region)
                        json.member("why", each.why)
                    }
                }
            }
            json.array("links") { json in
                for link in lag.links {
                    json.object { json in
                        json.number("ageMs", link.age)
                        json.member("from", link.from)
                        json.number("lagMs", link.lag)
                        json.member("to", link.to)
                        json.member("why", link.why)
                    }
                }
            }
            json.key("trend")
            if let trend { trend.write(to: &json) } else { json.null() }
        }
    }

    func write(_ streams: ProcessStanding.Streams, to json: inout JSONWriter) {
        json.object { json in
            json.key("areAllRead")
            if let all = streams.areAllRead { json.bool(all) } else { json.null() }
            json.array("items") { json in
                for shard in streams.shards {
                    json.object { json in
                        json.member("durable", shard.durable)
                        json.number("lagMs", shard.lag)
                        json.member("position", shard.position)
                        json.member("shard", shard.name)
                        json.member("since", shard.since.map { "\($0)" })
                        json.member("stream", shard.stream)
                        json.member("trouble", shard.trouble)
                        json.number("unread", shard.unread)
                    }
                }
            }
            json.member("source", streams.source)
        }
    }

    func write(_ probes: [ProcessStanding.Probe], to json: inout JSONWriter) {
        json.object { json in
            json.array("items") { json in
                for probe in probes {
                    json.object { json in
                        json.number("ageMs", probe.age)
                        json.member("evidence", probe.evidence)
                        json.member("isEndToEnd", probe.isEndToEnd)
                        json.member("name", probe.name)
                        json.member("region", probe.region)
                        json.member("since", probe.since.map { "\($0)" })
                        json.member("source", probe.source)
                        json.member("state", probe.state.rawValue)
                    }
                }
            }
        }
    }

    func write(_ preflight: ProcessStanding.Preflight, to json: inout JSONWriter) {
        json.object { json in
            json.member("at", preflight.at.map { "\($0)" })
            json.array("items") { json in
                for item in preflight.items {
                    json.object { json in
                        json.member("found", item.found)
                        json.member("id", item.id)
                        json.member("isBlocking", item.isBlocking)
                        json.member("remedy", item.remedy)
                        json.member("state", item.state)
                        json.member("what", item.what)
                    }
                }
            }
            json.member("target", preflight.target)
        }
    }
}

extension JSONWriter {
    /// Null where it is not known.
    fileprivate mutating func number(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }
}
