import AWS
import FailoverCore

/// Tells a bus of Amazon EventBridge: an event a notice, whose detail is the ``NoticeEvent``.
package struct EventBridgeNotices: Tellable {
    package static let source = "converge.failover"

    package let name = "eventbridge"
    private let client: ServiceClient
    private let bus: String

    /// `bus`: its name or ARN. `client`: of EventBridge in the bus's Region.
    package init(_ client: ServiceClient, bus: String) {
        self.client = client
        self.bus = bus
    }

    package func send(_ message: NoticeEvent) -> NoticeQueue.Answer {
        let entry = EventBridge.PutEvents.Entry(
            bus: bus, source: Self.source, detailType: NoticeEvent.type, detail: String(decoding: message.json, as: UTF8.self))
        do throws(AWSError) {
            guard case .failed(let code, let reason)? = try client.perform(EventBridge.PutEvents([entry])).first else {
                return .delivered
            }
            return .failed("EventBridge took no event on bus \(bus): \(code): \(reason)")
        } catch {
            return .failed("\(error)")
        }
    }

    package func exercise() -> [String] { client.problems(EventBridge.DescribeEventBus(bus: bus)) }
}

/// Tells a topic of Amazon SNS: the ``NoticeEvent``, with a sentence as the subject of mails.
package struct SNSNotices: Tellable {
    package let name = "sns"
    private let client: ServiceClient
    private let topic: String

    /// `topic`: its ARN. `client`: of SNS in the topic's Region.
    package init(_ client: ServiceClient, topic: String) {
        self.client = client
        self.topic = topic
    }

    package func send(_ message: NoticeEvent) -> NoticeQueue.Answer {
        do throws(AWSError) {
            _ = try client.perform(
                SNS.Publish(topic: topic, message: String(decoding: message.json, as: UTF8.self), subject: message.headline))
            return .delivered
        } catch {
            return .failed("\(error)")
        }
    }

    package func exercise() -> [String] { client.problems(SNS.GetTopicAttributes(topic: topic)) }
}

extension ServiceClient {
    /// Why a request fails, as the problems of an exercise.
    fileprivate func problems(_ operation: some AWSOperation) -> [String] {
        do throws(AWSError) {
            _ = try perform(operation)
            return []
        } catch {
            return ["\(error)"]
        }
    }
}
