import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lags in nanoseconds, of one subtask; all subtasks run in this process. */
final class Lags {
    private static final List<Lags> ALL = new ArrayList<>();

    private long[] lags = new long[1024];
    private int count;

    static synchronized Lags make() {
        Lags made = new Lags();
        ALL.add(made);
        return made;
    }

    void add(long lag) {
        if (count == lags.length) {
            lags = Arrays.copyOf(lags, count * 2);
        }
        lags[count++] = lag;
    }

    /** The lags of all, sorted. */
    static synchronized long[] all() {
        int total = 0;
        for (Lags each : ALL) {
            total += each.count;
        }
        long[] joined = new long[total];
        int at = 0;
        for (Lags each : ALL) {
            System.arraycopy(each.lags, 0, joined, at, each.count);
            at += each.count;
        }
        Arrays.sort(joined);
        return joined;
    }
}
