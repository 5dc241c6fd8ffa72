import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The lines of entities, `{"id":..,"kind":..,"registers":{..}}`, and their digest. */
public final class Lines {
    private static final byte[] ID = Bytes.of("{\"id\":"), KIND = Bytes.of(",\"kind\":\"");
    private static final byte[] REGISTERS = Bytes.of("\",\"registers\":{"), EVENT = Bytes.of("\"event\":");
    private static final byte[] MEASURE = Bytes.of(",\"measure\":"), RANK = Bytes.of(",\"rank\":");
    private static final byte[] REGION = Bytes.of(",\"region\":"), MAX = Bytes.of(",\"rule\":\"max\"");
    private static final byte[] MIN = Bytes.of(",\"rule\":\"min\""), TIME = Bytes.of(",\"time\":\"");
    private static final byte[] VALUE = Bytes.of("\",\"value\":"), CAPACITY = Bytes.of("{\"capacity\":");
    private static final byte[] MEMBERS = Bytes.of(",\"members\":["), UNION = Bytes.of("],\"rule\":\"union\"}");
    private static final byte[] MEMBER = Bytes.of("{\"event\":\"\",\"rank\":0,\"region\":\"\",\"time\":\"");
    private static final byte[] END = Bytes.of("}}\n");

    private final Bytes out = new Bytes(1 << 16);

    /** The digest of all lines, in order of kind and id. `copy` gets the lines too, where it is not null. */
    public String digest(Entity[] entities, OutputStream copy) throws IOException {
        Arrays.sort(entities, (a, b) -> Arrays.compareUnsigned(a.key, 0, a.keyCount, b.key, 0, b.keyCount));
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
        for (Entity each : entities) {
            out.count = 0;
            append(each);
            sha256.update(out.bytes, 0, out.count);
            if (copy != null) {
                copy.write(out.bytes, 0, out.count);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    private void append(Entity entity) {
        out.append(ID);
        out.appendString(entity.key, 1, entity.keyCount - 1);
        out.append(KIND);
        out.append(Paths.KINDS[entity.key[0]]);
        out.append(REGISTERS);
        for (int at = 0; at < entity.count; at += entity.sizeAt(at)) {
            if (at > 0) {
                out.append(',');
            }
            out.appendString(entity.registers, at + Entity.HEADER, Entity.pathLength(entity.registers, at));
            out.append(':');
            if (entity.registers[at + 6] == Entity.UNION) {
                appendUnion(entity.registers, Contest.valueOffset(entity.registers, at));
            } else {
                appendRegister(entity.registers, at);
            }
        }
        out.append(END);
    }

    private void appendRegister(byte[] bytes, int at) {
        int rule = bytes[at + 6];
        int region = at + Entity.HEADER + Entity.pathLength(bytes, at);
        int id = region + (bytes[at + 16] & 0xFF);
        int value = id + (bytes[at + 17] & 0xFF);
        out.append('{');
        out.append(EVENT);
        out.appendString(bytes, id, value - id);
        if (rule != Entity.LAST_WRITER_WINS) {
            out.append(MEASURE);
            out.appendDecimal(Bytes.getLong(bytes, value));
            value += 8;
        }
        out.append(RANK);
        out.appendDecimal(bytes[at + 7] & 0xFF);
        out.append(REGION);
        out.appendString(bytes, region, id - region);
        if (rule != Entity.LAST_WRITER_WINS) {
            out.append(rule == Entity.MAX ? MAX : MIN);
        }
        out.append(TIME);
        out.appendTime(Bytes.getLong(bytes, at + 8));
        out.append(VALUE);
        out.append(bytes, value, at + Bytes.getInt(bytes, at) - value);
        out.append('}');
    }

    private void appendUnion(byte[] bytes, int payload) {
        out.append(CAPACITY);
        out.appendDecimal(Bytes.getInt(bytes, payload));
        out.append(MEMBERS);
        int at = payload + 8;
        for (int left = Bytes.getInt(bytes, payload + 4); left > 0; left--) {
            int length = Bytes.getInt(bytes, at + 8);
            out.append(MEMBER);
            out.appendTime(Bytes.getLong(bytes, at));
            out.append(VALUE);
            out.append(bytes, at + 12, length);
            out.append('}');
            if (left > 1) {
                out.append(',');
            }
            at += 12 + length;
        }
        out.append(UNION);
    }
}
