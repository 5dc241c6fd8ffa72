import JSON
public import Lattice
import Platform

/// The projection of a volume: how many contacts customers started in each minute of an hour, about (``Lattice/SketchView``).
///
/// What no start was told of counts 0: whether anybody was there to tell, the volume does not know.
public enum VolumeState {
    /// Starts by minute of the hour, up to the last minute that has any; at most 60. Cost: about a microsecond a minute.
    public static func minutes(_ entity: EntityView) -> [Int] {
        var minutes: [Int] = []
        forEachMinute(entity) { minute, starts in
            while minutes.count < minute { minutes.append(0) }
            minutes.append(starts.count)
        }
        return minutes
    }

    /// Each minute of the hour that has starts, in ascending order, as paths are.
    package static func forEachMinute(_ entity: EntityView, _ body: (_ minute: Int, _ starts: SketchView) -> Void) {
        for register in entity {
            guard let minute = register.segment(after: "starts/").flatMap(VolumeID.minute), let sketch = register.sketch else {
                continue
            }
            body(minute, sketch)
        }
    }

    static func append(id: ByteView, _ entity: EntityView, to out: inout ByteBuffer) {
        let parts = VolumeID.parts(id)
        out.append("{\"channel\":")
        appendText(parts?.channel, to: &out)
        out.append(",\"hour\":")
        if let hour = parts?.hour {
            out.append("\"")
            hour.append(to: &out)
            out.append("\"")
        } else {
            out.append("null")
        }
        out.append(",\"minutes\":[")
        let starts = appendMinutes(entity, to: &out)
        out.append("],\"region\":")
        appendText(parts?.region, to: &out)
        out.append(",\"starts\":")
        out.appendDecimal(Int64(starts))
        out.append("}")
    }

    /// As a row shows it, which has the rest in its key.
    static func appendLean(id: ByteView, _ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{")
        var starts = 0
        out.appendLeanList("minutes") { starts = appendMinutes(entity, to: &$0) }
        if starts > 0 {
            out.appendLeanName("starts")
            out.appendDecimal(Int64(starts))
        }
        out.append("}")
    }

    private static func appendText(_ text: ByteView?, to out: inout ByteBuffer) {
        if let text { out.appendJSONString(text) } else { out.append("null") }
    }

    /// Returns their sum.
    private static func appendMinutes(_ entity: EntityView, to out: inout ByteBuffer) -> Int {
        var (next, sum) = (0, 0)
        forEachMinute(entity) { minute, starts in
            let count = starts.count
            while next <= minute {
                if next > 0 { out.append(",") }
                out.appendDecimal(next == minute ? Int64(count) : 0)
                next += 1
            }
            sum += count
        }
        return sum
    }
}
