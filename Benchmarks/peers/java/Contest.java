import java.util.Arrays;

/** Which of two tellings of one register wins. */
final class Contest {
    private Contest() {}

    /** Negative where the second one wins, 0 where they are the same. */
    static int order(byte[] a, int at, byte[] b, int from) {
        int rule = a[at + 6];
        if (rule == Entity.LAST_WRITER_WINS) {
            return compareStamped(a, at, b, from, 0);
        }
        int order = Long.compare(measure(a, at), measure(b, from));
        if (order == 0) {
            order = compareStamped(a, at, b, from, 8);
        }
        return rule == Entity.MAX ? order : -order;
    }

    static int valueOffset(byte[] registers, int at) {
        return at + Entity.HEADER + Entity.pathLength(registers, at) + (registers[at + 16] & 0xFF) + (registers[at + 17] & 0xFF);
    }

    static long measure(byte[] registers, int at) {
        return Bytes.getLong(registers, valueOffset(registers, at));
    }

    /** By time, rank, Region and event id, then by the value, which stands so many bytes into the payload. */
    private static int compareStamped(byte[] a, int at, byte[] b, int from, int skipped) {
        int order = Long.compare(Bytes.getLong(a, at + 8), Bytes.getLong(b, from + 8));
        if (order != 0) {
            return order;
        }
        order = (a[at + 7] & 0xFF) - (b[from + 7] & 0xFF);
        if (order != 0) {
            return order;
        }
        int mine = at + Entity.HEADER + Entity.pathLength(a, at);
        int theirs = from + Entity.HEADER + Entity.pathLength(b, from);
        int mineEnd = mine + (a[at + 16] & 0xFF);
        int theirsEnd = theirs + (b[from + 16] & 0xFF);
        order = Arrays.compareUnsigned(a, mine, mineEnd, b, theirs, theirsEnd);
        if (order != 0) {
            return order;
        }
        int mineValue = mineEnd + (a[at + 17] & 0xFF);
        int theirsValue = theirsEnd + (b[from + 17] & 0xFF);
        order = Arrays.compareUnsigned(a, mineEnd, mineValue, b, theirsEnd, theirsValue);
        if (order != 0) {
            return order;
        }
        return Arrays.compareUnsigned(
            a, mineValue + skipped, at + Bytes.getInt(a, at), b, theirsValue + skipped, from + Bytes.getInt(b, from));
    }
}
