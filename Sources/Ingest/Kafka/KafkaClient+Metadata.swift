import CRdKafka
import Glibc

extension KafkaClient {
    /// How many partitions each of these topics has, names and regular expressions alike; nil where no broker answers in time. One that is not
    /// there, or may not be described, has none.
    func partitionCounts(of topics: [String], milliseconds: Int32) -> [Int]? {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle, 1, nil, &metadata, milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { return nil }
        defer { rd_kafka_metadata_destroy(metadata) }
        let patterns = topics.map { TopicPattern($0) }
        var counts = patterns.map { _ in 0 }
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            for (place, pattern) in patterns.enumerated() where pattern.matches(topic.topic) {
                counts[place] += Int(topic.partition_cnt)
            }
        }
        return counts
    }
}

/// A topic's name, or where it begins with `^` a regular expression, as a subscription has it.
private final class TopicPattern {
    private let name: String
    private var expression = regex_t()
    private let isExpression: Bool

    init(_ name: String) {
        self.name = name
        isExpression = name.hasPrefix("^") && regcomp(&expression, name, REG_EXTENDED | REG_NOSUB) == 0
    }

    deinit { if isExpression { regfree(&expression) } }

    func matches(_ topic: UnsafePointer<CChar>) -> Bool {
        isExpression ? regexec(&expression, topic, 0, nil, 0) == 0 : strcmp(topic, name) == 0
    }
}
