import java.util.Locale;

/**
 * The merge as a Flink job.
 *
 * usage: FlinkMerge FILE [--threads N] [--warm] [--lines OUT] [--backend hashmap|rocksdb] [--checkpoint MILLISECONDS]
 *                   [--scratch DIR]
 */
public final class FlinkMerge {
    private FlinkMerge() {}

    public static void main(String[] arguments) throws Exception {
        Arguments options = new Arguments(arguments);
        if (options.has("--warm")) {
            FlinkJob.run(new FileLines(options.file()), options);
            Progress.reset();
            System.gc();
        }
        FlinkJob.run(new FileLines(options.file()), options);
        String more = String.format(
            Locale.ROOT, ",\"startSeconds\":%.3f,\"checkpoints\":%d", Progress.startSeconds(), Progress.checkpoints());
        Report.print(Progress.events(), Progress.span(), Progress.entities(), options.text("--lines", null), more);
        // Some of Flink's threads would go on.
        System.exit(0);
    }
}
