import java.util.Locale;

/**
 * The job under a paced stream: from when an event was due to when the entity that it is about is updated.
 *
 * usage: FlinkLatency FILE RATE SECONDS [--warm-up SECONDS] [--threads N] [--backend hashmap|rocksdb] [--checkpoint MILLISECONDS]
 *                     [--buffer-timeout MILLISECONDS] [--scratch DIR]
 */
public final class FlinkLatency {
    private FlinkLatency() {}

    public static void main(String[] arguments) throws Exception {
        Arguments options = new Arguments(arguments);
        double rate = Double.parseDouble(options.positional(1));
        int seconds = Integer.parseInt(options.positional(2));
        FlinkJob.run(new PacedLines(options.file(), rate, options.number("--warm-up", 10), seconds), options, 1);
        long[] lags = Lags.all();
        System.out.printf(
            Locale.ROOT, "{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f,\"events\":%d,\"cpuSeconds\":%.3f,"
                + "\"seconds\":%.3f,\"checkpoints\":%d}%n",
            at(lags, 0.5), at(lags, 0.9), at(lags, 0.99), at(lags, 0.999), at(lags, 1), lags.length, Progress.span().cpuSeconds,
            Progress.span().seconds, Progress.checkpoints());
        System.exit(0);
    }

    /** Milliseconds at a share of the sorted lags. */
    private static double at(long[] lags, double share) {
        return lags[Math.min(lags.length - 1, (int) (lags.length * share))] / 1e6;
    }
}
