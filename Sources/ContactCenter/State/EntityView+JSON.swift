import JSON
import Lattice
public import Platform

extension EntityView {
    /// Appends the registers as canonical JSON: `{"path":{..},..}`, sorted by path bytes, compact. `docs/state.md` shows one of
    /// every form. Winners and their stamps are all in it, so equal text means equal state.
    public func appendJSON(to out: inout ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        var first = true
        for register in self {
            if !first { out.append(UInt8(ascii: ",")) }
            first = false
            out.appendJSONString(register.path)
            out.append(UInt8(ascii: ":"))
            register.appendJSON(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

extension RegisterView {
    /// Appends the register as canonical JSON, keys sorted.
    public func appendJSON(to out: inout ByteBuffer) {
        if rule == .union {
            out.append("{\"capacity\":")
            out.appendDecimal(Int64(members.capacity))
            out.append(",\"members\":[")
            var first = true
            for member in members {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                out.append("{")
                member.stamp.appendJSONMembers(to: &out)
                out.append(",\"value\":")
                out.append(member.value)
                out.append("}")
            }
            out.append("],\"rule\":\"union\"}")
            return
        }
        if let sketch {
            out.append("{\"buckets\":\"")
            sketch.appendText(to: &out)
            out.append("\",")
            stamp.appendJSONEvent(to: &out)
            out.append(",")
            stamp.appendJSONRankAndRegion(to: &out)
            out.append(",\"rule\":\"sketch\",")
            stamp.appendJSONTime(to: &out)
            out.append("}")
            return
        }
        out.append(UInt8(ascii: "{"))
        let stamp = stamp
        stamp.appendJSONEvent(to: &out)
        if rule != .lastWriterWins {
            out.append(",\"measure\":")
            out.appendDecimal(measure)
        }
        out.append(",")
        stamp.appendJSONRankAndRegion(to: &out)
        if rule != .lastWriterWins {
            out.append(rule == .max ? ",\"rule\":\"max\"" : ",\"rule\":\"min\"")
        }
        out.append(",")
        stamp.appendJSONTime(to: &out)
        out.append(isTombstone ? ",\"tombstone\":true,\"value\":" : ",\"value\":")
        if value.isEmpty { out.append("null") } else { out.append(value) }
        out.append(UInt8(ascii: "}"))
    }
}

extension Stamp {
    /// `"event":..,"rank":..,"region":..,"time":..`, without braces.
    func appendJSONMembers(to out: inout ByteBuffer) {
        appendJSONEvent(to: &out)
        out.append(",")
        appendJSONRankAndRegion(to: &out)
        out.append(",")
        appendJSONTime(to: &out)
    }

    func appendJSONEvent(to out: inout ByteBuffer) {
        out.append("\"event\":")
        if id.form == .text {
            out.appendJSONString(id.bytes)
        } else {
            out.append(UInt8(ascii: "\""))
            id.appendText(to: &out)
            out.append(UInt8(ascii: "\""))
        }
    }

    func appendJSONRankAndRegion(to out: inout ByteBuffer) {
        out.append("\"rank\":")
        out.appendDecimal(Int64(rank))
        out.append(",\"region\":")
        out.appendJSONString(region)
    }

    func appendJSONTime(to out: inout ByteBuffer) {
        out.append("\"time\":\"")
        time.append(to: &out)
        out.append(UInt8(ascii: "\""))
    }
}
