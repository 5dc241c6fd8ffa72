public import HTTPServer
import Platform

extension HTTPRouter {
    /// `GET /v1/changes`: what changes, as server-sent events (`docs/feed.md`, `docs/openapi.yaml`).
    ///
    /// `hub` nil: nobody follows changes here.
    public mutating func addChanges(_ hub: ChangeHub?) {
        add("GET", "/v1/changes", access: .scopes(["read"]), limit: .stream) { request in
            var filter: ChangeFilter
            do throws(UsageError) { filter = try ChangeFilter(request) } catch { return .problem(400, "\(error)") }
            guard filter.isOwn(request) else { return .notYours }
            guard filter.withholdNames(from: request.caller) else {
                return .problem(
                    403, "usernames are what people are called by: name them with ids=, or bring a token with read:personal")
            }
            guard let hub else {
                return .problem(
                    404, "nobody follows changes here; set http.changes of a worker, or of a converge serve over tables")
            }
            // A browser that is answered with it does not come again by itself.
            if hub.isDraining { return HTTPResponse(status: 204, contentType: "", body: []) }
            guard let stream = hub.open(filter) else {
                return .problem(
                    503,
                    "\(ChangeHub.clientsMax) clients follow changes here, the most that may; come again, or ask another process",
                    headers: [("Retry-After", "5")])
            }
            return HTTPResponse(
                contentType: "text/event-stream", headers: [("X-Accel-Buffering", "no")], stream: stream)
        }
    }
}
