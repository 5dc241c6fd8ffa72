import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * Canonical JSON: compact, keys sorted by their bytes, strings with the least escaping, numbers as the tokens they are. What has
 * that form already, as nearly all that Amazon Connect emits, is not copied. Lines hold no white space but blanks.
 */
final class Canonical {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Canonical() {}

    /** Sets `text` to the canonical JSON of an object. `sorted`: its keys are known to be in order. */
    static void set(Text text, byte[] input, int at, int count, boolean sorted) throws IOException {
        if (sorted && isCompact(input, at, at + count)) {
            text.set(input, at, count);
            return;
        }
        try (JsonParser parser = FACTORY.createParser(input, at, count)) {
            byte[] rewritten = rewrite(parser, parser.nextToken());
            text.set(rewritten, 0, rewritten.length);
        }
    }

    /** Whether there is surely no white space between tokens and no escape but the least one. */
    private static boolean isCompact(byte[] input, int at, int end) {
        int step;
        for (at = Bytes.find(input, at, end, ' ', '\\'); at < end; at = Bytes.find(input, at + step, end, ' ', '\\')) {
            step = step(input, at);
            if (step == 0) {
                return false;
            }
        }
        return true;
    }

    /** How far to go on from a blank or backslash; 0 where it may be white space between tokens or a needless escape. */
    private static int step(byte[] input, int at) {
        if (input[at] == '\\') {
            return "\"\\bfnrt".indexOf(input[at + 1]) >= 0 ? 2 : 0;
        }
        // Of two tokens beside each other one is a mark, or there is more white space.
        return isMark(input[at - 1]) || isMark(input[at + 1]) ? 0 : 1;
    }

    private static boolean isMark(byte each) {
        return each == ' ' || each == ',' || each == ':' || each == '[' || each == ']' || each == '{' || each == '}';
    }

    private static byte[] rewrite(JsonParser parser, JsonToken token) throws IOException {
        switch (token) {
            case START_OBJECT:
                Map<String, byte[]> members = new TreeMap<>(Canonical::compare);
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    members.put(name, rewrite(parser, parser.nextToken()));
                }
                return object(members);
            case START_ARRAY:
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write('[');
                for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
                    if (out.size() > 1) {
                        out.write(',');
                    }
                    out.writeBytes(rewrite(parser, each));
                }
                out.write(']');
                return out.toByteArray();
            case VALUE_STRING: return string(parser.getText());
            default: return parser.getText().getBytes(StandardCharsets.UTF_8);
        }
    }

    private static byte[] object(Map<String, byte[]> members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write('{');
        members.forEach((name, value) -> {
            if (out.size() > 1) {
                out.write(',');
            }
            out.writeBytes(string(name));
            out.write(':');
            out.writeBytes(value);
        });
        out.write('}');
        return out.toByteArray();
    }

    private static byte[] string(String text) {
        byte[] plain = text.getBytes(StandardCharsets.UTF_8);
        Bytes out = new Bytes(plain.length + 16);
        out.appendString(plain, 0, plain.length);
        return Arrays.copyOf(out.bytes, out.count);
    }

    /** The order of the strings' UTF-8, where a character outside the basic plane is greater than all inside it. */
    static int compare(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int index = 0; index < common; index++) {
            char x = a.charAt(index);
            char y = b.charAt(index);
            if (x != y) {
                boolean isPair = Character.isSurrogate(x);
                return isPair == Character.isSurrogate(y) ? x - y : isPair ? 1 : -1;
            }
        }
        return a.length() - b.length();
    }
}
