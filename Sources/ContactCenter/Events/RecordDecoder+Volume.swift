import JSON
import Lattice
import Platform

/// That a customer started a contact: `docs/merge.md`.
extension RecordDecoder {
    /// The longest name of a channel that is counted, in bytes.
    private static let channelLengthMax = 16

    /// Counts the contact in its minute, if a customer started it. `origin`: the member that says where, of a pair with global routing, whose
    /// both Regions tell of the contact; else it is where the event is from. Uses the scratch memory of the event, so nothing else of it may
    /// come behind.
    func writeStart(
        _ contact: ByteView, channel: ByteView?, method: ByteView?, origin: JSONValue?, region: ByteView?, at time: Timestamp,
        into batch: MutationBatch
    ) {
        guard options.countsVolume, let channel, let method, channel.count <= RecordDecoder.channelLengthMax else { return }
        let told = known(origin?.fact("originregion")).map(ConnectARN.region)
        guard let region = told.flatMap({ $0.isEmpty ? nil : $0 }) ?? region, !region.isEmpty else { return }
        entityID.removeAll()
        entityID.append(region)
        entityID.append("/")
        entityID.append(channel)
        entityID.uppercase(from: region.count + 1)
        let name = entityID.bytes.slice(region.count + 1, channel.count)
        guard RecordDecoder.isChannel(name), RecordDecoder.isCustomers(method, of: name) else { return }
        entityID.append("/")
        let hour = VolumeID.hour(of: time)
        VolumeID.append(hour: hour, to: &entityID)
        value.removeAll()
        SHA256.append(of: contact, to: &value)
        let hash = UInt64(bigEndian: value.bytes.loadUnaligned(as: UInt64.self))
        batch.mutate(.volume, entityID.bytes) { buffer, entity in
            entity.sketch(&buffer, "starts/", segment: VolumeID.minute(of: time), stamp: Stamp(time: hour), hash: hash)
        }
    }

    private static func isChannel(_ name: ByteView) -> Bool {
        for byte in name where !(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "_")) {
            return false
        }
        return true
    }

    /// Whether contacts of a channel that begin by this method are a customer's. A call that an API begins is an outbound one; whatever
    /// else it begins (chats, tasks) somebody asked for.
    private static func isCustomers(_ method: ByteView, of channel: ByteView) -> Bool {
        method.equals("INBOUND") || method.equals("WEBRTC_API") || method.equals("API") && !channel.equals("VOICE")
    }
}
