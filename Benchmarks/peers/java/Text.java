import java.util.Arrays;

/** A string of an event: a slice of the bytes that it came in, or bytes of its own where it was escaped. Empty means unknown. */
final class Text {
    private static final byte[] NOTHING = new byte[0];

    byte[] bytes = NOTHING;
    int at;
    int count;

    void set(byte[] bytes, int at, int count) {
        this.bytes = bytes;
        this.at = at;
        this.count = count;
    }

    void set(Text other) {
        set(other.bytes, other.at, other.count);
    }

    void clear() {
        count = 0;
    }

    boolean isKnown() {
        return count > 0;
    }

    boolean is(byte[] other) {
        return Arrays.equals(bytes, at, at + count, other, 0, other.length);
    }

    boolean is(Text other) {
        return Arrays.equals(bytes, at, at + count, other.bytes, other.at, other.at + other.count);
    }

    /** Where the byte stands at or behind `from`, or -1. */
    int find(int wanted, int from) {
        for (int index = from; index < count; index++) {
            if (bytes[at + index] == wanted) {
                return index;
            }
        }
        return -1;
    }
}
