import FailoverCore
import JSON
import Platform

/// A notice as a CloudEvent 1.0 of JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md): what webhooks, buses and topics
/// are given alike. Holds no personal data.
package struct NoticeEvent: Equatable, Sendable {
    /// Changes when a reader of today could not read it any more.
    package static let type = "converge.failover.v1"
    package static let contentType = "application/cloudevents+json"

    package let notice: Notice
    /// The Region whose controller tells it.
    package let region: String

    package init(_ notice: Notice, region: String) {
        self.notice = notice
        self.region = region
    }

    /// The same of the same thing, whoever tells it: repetitions are known by it.
    package var key: String { notice.key }
    /// Of CloudEvents; one a Region.
    package var source: String { "/converge/failover/\(region)" }

    package var json: [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.object { json in
            json.member("specversion", "1.0")
            json.member("id", key)
            json.member("source", source)
            json.member("type", NoticeEvent.type)
            json.member("subject", notice.kind.rawValue)
            json.member("time", "\(Timestamp(milliseconds: notice.at))")
            json.member("datacontenttype", "application/json")
            json.object("data") { data(to: &$0) }
        }
        return json.bytes
    }

    private func data(to json: inout JSONWriter) {
        json.member("kind", notice.kind.rawValue)
        json.member("term", notice.term)
        if let cause = notice.cause { json.member("cause", cause.rawValue) }
        if let actor = notice.actor { json.member("region", actor) }
        json.array("groups") { json in
            for group in notice.groups {
                json.object { json in
                    json.member("arn", group.group)
                    json.object("telephony") { json in write(group.shares.telephony, to: &json) }
                    json.object("agents") { json in write(group.shares.agents, to: &json) }
                }
            }
        }
        json.array("lines") { json in
            for line in notice.lines { json.string(line) }
        }
    }

    private func write(_ shares: [String: Int], to json: inout JSONWriter) {
        for (region, share) in shares.sorted(by: { $0.key < $1.key }) {
            json.key(region)
            json.integer(Int64(share))
        }
    }

    /// One sentence for people: the subject of a mail.
    package var headline: String {
        let what = notice.term > 0 ? "term \(notice.term) \(notice.kind.rawValue)" : notice.kind.rawValue
        return "Converge failover: \(what)" + (notice.actor.map { ", to \($0)" } ?? "")
    }
}
