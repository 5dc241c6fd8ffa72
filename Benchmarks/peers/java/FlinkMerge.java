import java.util.Locale;

/**
 * The merge as a Flink job.
 *
 * usage: FlinkMerge FILE [--threads N] [--warm] [--lines OUT] [--backend hashmap|rocksdb] [--state value|map]
 *                   [--checkpoint MILLISECONDS] [--scratch DIR]
 */
public final class FlinkMerge {
    /** Flink's own choice: while a file is read, buffers are full before. */
    private static final int BUFFER_TIMEOUT = 100;

    private FlinkMerge() {}

    public static void main(String[] arguments) throws Exception {
        Arguments options = new Arguments(arguments);
        if (options.has("--warm")) {
            FlinkJob.run(new FileLines(options.file()), options, BUFFER_TIMEOUT);
            Progress.reset();
            System.gc();
        }
        FlinkJob.run(new FileLines(options.file()), options, BUFFER_TIMEOUT);
        String more = String.format(
            Locale.ROOT, ",\"startSeconds\":%.3f,\"checkpoints\":%d", Progress.startSeconds(), Progress.checkpoints());
        Report.print(Progress.events(), Progress.span(), Progress.entities(), options.text("--lines", null), more);
        // Some of Flink's threads would go on.
        System.exit(0);
    }
}
