import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;

/**
 * Lines at a fixed rate: each is due at its place of the schedule, whether the job keeps up or not. What is due in the warm-up is
 * not measured. A file that is too short is begun again.
 */
@SuppressWarnings("deprecation")
public final class PacedLines implements SourceFunction<Tuple2<Long, byte[]>> {
    private static final long serialVersionUID = 1;
    private static final long NAP = 50_000;

    private final String path;
    private final double rate;
    private final int warmUpSeconds;
    private final int seconds;
    private volatile boolean runs = true;

    PacedLines(String path, double rate, int warmUpSeconds, int seconds) {
        this.path = path;
        this.rate = rate;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    @Override
    public void run(SourceContext<Tuple2<Long, byte[]>> context) throws Exception {
        long total = Math.round(rate * (warmUpSeconds + seconds));
        long measured = Math.round(rate * warmUpSeconds);
        long emitted = 0;
        long started = System.nanoTime();
        Tuple2<Long, byte[]> line = new Tuple2<>(0L, null);
        while (runs && emitted < total) {
            try (LineBlocks blocks = new LineBlocks(path, 0, Long.MAX_VALUE, 1 << 18)) {
                while (runs && emitted < total && blocks.next()) {
                    int stop = blocks.at + blocks.count;
                    for (int at = blocks.at, next; at < stop && emitted < total; at = next) {
                        next = Math.min(Bytes.find(blocks.bytes, at, stop, '\n', '\n') + 1, stop);
                        if (emitted == measured) {
                            Progress.begin();
                        }
                        long due = started + (long) (emitted * 1e9 / rate);
                        line.f0 = emitted < measured ? 0L : due;
                        line.f1 = Arrays.copyOfRange(blocks.bytes, at, next);
                        waitFor(due);
                        synchronized (context.getCheckpointLock()) {
                            context.collect(line);
                        }
                        emitted++;
                    }
                }
            }
        }
        Progress.mergedLast();
    }

    /** Sleeps as long as that is exact enough, so that waiting takes no CPU time from the job. */
    private static void waitFor(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(Math.max(left, NAP));
        }
    }

    @Override
    public void cancel() {
        runs = false;
    }
}
