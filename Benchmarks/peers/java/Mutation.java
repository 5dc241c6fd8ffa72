/** What one event tells of one entity, being written: registers in ascending order of path. */
final class Mutation {
    final Entity entity = new Entity(256, 0);
    private final Bytes out = new Bytes(16_384);
    private final Bytes key = new Bytes(256);
    private int register;

    void begin(int kind, Text id) {
        begin(kind, id.bytes, id.at, id.count);
    }

    void begin(int kind, byte[] id, int at, int length) {
        key.count = 0;
        key.append(kind);
        key.append(id, at, length);
        out.count = 0;
    }

    /** The entity; it is valid until the next one is begun. */
    Entity end() {
        entity.key = key.bytes;
        entity.keyCount = key.count;
        entity.registers = out.bytes;
        entity.count = out.count;
        return entity;
    }

    /** Begins a register; what is appended to the result until endRegister is its payload. */
    Bytes beginRegister(byte[] path, Text segment, int rule, Stamp stamp) {
        register = out.count;
        out.reserve(Entity.HEADER);
        out.count += Entity.HEADER;
        out.append(path);
        if (segment != null) {
            appendSegment(segment);
        }
        int length = out.count - register - Entity.HEADER;
        out.append(stamp.region);
        out.append(stamp.id);
        if (length > 65_535 || stamp.region.count > 255 || stamp.id.count > 255) {
            throw new IllegalArgumentException("a path, Region or event id that is too long");
        }
        out.bytes[register + 4] = (byte) length;
        out.bytes[register + 5] = (byte) (length >> 8);
        out.bytes[register + 6] = (byte) rule;
        out.bytes[register + 7] = (byte) stamp.rank;
        Bytes.setLong(out.bytes, register + 8, stamp.time);
        out.bytes[register + 16] = (byte) stamp.region.count;
        out.bytes[register + 17] = (byte) stamp.id.count;
        return out;
    }

    void endRegister() {
        Bytes.setInt(out.bytes, register, out.count - register);
    }

    void set(byte[] path, Text segment, Stamp stamp, byte[] value) {
        beginRegister(path, segment, Entity.LAST_WRITER_WINS, stamp).append(value);
        endRegister();
    }

    /** A string, where it is known. */
    void setString(byte[] path, Text text, Stamp stamp) {
        if (text.isKnown()) {
            beginRegister(path, null, Entity.LAST_WRITER_WINS, stamp).appendString(text);
            endRegister();
        }
    }

    /** Canonical JSON, where it is known. */
    void setDocument(byte[] path, Text json, Stamp stamp) {
        if (json.isKnown()) {
            beginRegister(path, null, Entity.LAST_WRITER_WINS, stamp).append(json);
            endRegister();
        }
    }

    /** A number, where it is not negative. */
    void setNumber(byte[] path, long number, Stamp stamp) {
        if (number >= 0) {
            beginRegister(path, null, Entity.LAST_WRITER_WINS, stamp).appendDecimal(number);
            endRegister();
        }
    }

    /** A time under max or min, where it is known. */
    void setMeasure(byte[] path, Text segment, int rule, long measure, Stamp stamp) {
        if (measure != Times.UNKNOWN) {
            beginRegister(path, segment, rule, stamp).appendLong(measure);
            out.append(Paths.NULL);
            endRegister();
        }
    }

    /** The only member of a set. */
    void setMember(byte[] path, int capacity, long time, byte[] text, int at, int length) {
        beginRegister(path, null, Entity.UNION, Stamp.at(time));
        out.appendInt(capacity);
        out.appendInt(1);
        out.appendLong(time);
        int size = out.count;
        out.appendInt(0);
        out.appendString(text, at, length);
        Bytes.setInt(out.bytes, size, out.count - size - 4);
        endRegister();
    }

    /** Percent-encodes what would make a path ambiguous. */
    private void appendSegment(Text segment) {
        for (int index = segment.at; index < segment.at + segment.count; index++) {
            byte each = segment.bytes[index];
            if (each == '/' || each == '%') {
                out.append('%');
                out.append('2');
                out.append(each == '/' ? 'F' : '5');
            } else {
                out.append(each);
            }
        }
    }
}
