import CRdKafka
import Glibc

/// librdkafka's list of partitions, for the length of a call.
struct KafkaPlaces: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ places: [KafkaPlace]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(places.count))
        for place in places {
            guard let added = rd_kafka_topic_partition_list_add(pointer, place.topic, place.partition) else { continue }
            added.pointee.offset = place.offset
            guard !place.metadata.isEmpty, let copy = strdup(place.metadata) else { continue }
            // The library frees it with the list.
            added.pointee.metadata = UnsafeMutableRawPointer(copy)
            added.pointee.metadata_size = strlen(copy)
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    var places: [KafkaPlace] { KafkaPlaces.places(UnsafePointer(pointer)) }

    static func places(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [KafkaPlace] {
        (0..<Int(list.pointee.cnt)).map { index in
            let place = list.pointee.elems[index]
            let metadata = UnsafeRawBufferPointer(start: place.metadata, count: place.metadata_size)
            return KafkaPlace(
                topic: place.topic.map { String(cString: $0) } ?? "", partition: place.partition, offset: place.offset,
                metadata: String(decoding: metadata, as: UTF8.self),
                reason: place.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : kafkaErrorText(place.err))
        }
    }
}
