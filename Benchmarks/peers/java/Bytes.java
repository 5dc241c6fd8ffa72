import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A run of bytes that grows, and how numbers, times and JSON strings are spelled in it. */
public final class Bytes {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L, TOPS = 0x8080808080808080L;
    private static final byte[] HEX = of("0123456789abcdef");

    public byte[] bytes;
    public int count;

    public Bytes(int capacity) {
        bytes = new byte[capacity];
    }

    public static byte[] of(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void setInt(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static void setLong(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** The first place, at or behind `at`, of either byte; `end` where there is none. Looks at eight bytes at a time. */
    static int find(byte[] bytes, int at, int end, int wanted, int other) {
        for (; at + 8 <= end; at += 8) {
            long word = getLong(bytes, at);
            long found = holds(word, wanted) | holds(word, other);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >> 3);
            }
        }
        while (at < end && bytes[at] != wanted && bytes[at] != other) {
            at++;
        }
        return at;
    }

    /** Not 0 where one of eight bytes is that one; then the lowest bit set tells the first such byte. */
    private static long holds(long word, int wanted) {
        long differs = word ^ ONES * wanted;
        return differs - ONES & ~differs & TOPS;
    }

    /** Makes room for so many bytes more. */
    void reserve(int more) {
        if (count + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, count + more));
        }
    }

    void append(int one) {
        reserve(1);
        bytes[count++] = (byte) one;
    }

    void append(byte[] other) {
        append(other, 0, other.length);
    }

    void append(byte[] other, int at, int length) {
        reserve(length);
        System.arraycopy(other, at, bytes, count, length);
        count += length;
    }

    void append(Text text) {
        append(text.bytes, text.at, text.count);
    }

    void appendInt(int value) {
        reserve(4);
        INT.set(bytes, count, value);
        count += 4;
    }

    void appendLong(long value) {
        reserve(8);
        LONG.set(bytes, count, value);
        count += 8;
    }

    void appendDecimal(long value) {
        append(of(Long.toString(value)));
    }

    void appendHex(byte[] digest) {
        for (byte each : digest) {
            append(HEX[each >> 4 & 15]);
            append(HEX[each & 15]);
        }
    }

    /** A JSON string with the least escaping. */
    void appendString(Text text) {
        appendString(text.bytes, text.at, text.count);
    }

    void appendString(byte[] text, int at, int length) {
        append('"');
        int clean = at;
        for (int index = at; index < at + length; index++) {
            byte each = text[index];
            if (each >= 0x20 && each != '"' && each != '\\' || each < 0) {
                continue;
            }
            append(text, clean, index - clean);
            clean = index + 1;
            appendEscaped(each);
        }
        append(text, clean, at + length - clean);
        append('"');
    }

    private void appendEscaped(byte each) {
        append('\\');
        int letter = "\b\t\n\f\r\"\\".indexOf(each);
        if (letter >= 0) {
            append("btnfr\"\\".charAt(letter));
        } else {
            append(of("u00"));
            append(HEX[each >> 4]);
            append(HEX[each & 15]);
        }
    }

    /** A string where it is known, else null. */
    void appendKnown(Text text) {
        if (text.isKnown()) {
            appendString(text);
        } else {
            append(Paths.NULL);
        }
    }

    /** YYYY-MM-DDTHH:MM:SS.mmmZ */
    void appendTime(long milliseconds) {
        reserve(24);
        Times.spell(milliseconds, bytes, count);
        count += 24;
    }
}
