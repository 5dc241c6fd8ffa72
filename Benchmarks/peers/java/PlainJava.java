import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The merge in plain Java. usage: PlainJava FILE [--threads N] [--warm] [--lines OUT] */
public final class PlainJava {
    private static final int BLOCK = 1 << 20;

    private PlainJava() {}

    public static void main(String[] arguments) throws Exception {
        Arguments options = new Arguments(arguments);
        int threads = options.number("--threads", 1);
        if (options.has("--warm")) {
            run(options.file(), threads);
            System.gc();
        }
        Span span = new Span();
        Run run = run(options.file(), threads);
        span.end();
        Report.print(run.events, span, run.table.entities(), options.text("--lines", null), "");
    }

    private record Run(Table table, long events) {}

    private static Run run(String path, int threads) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Future<Run>> parts = new ArrayList<>();
        long size = new File(path).length();
        for (int part = 0; part < threads; part++) {
            long from = size * part / threads;
            long end = size * (part + 1) / threads;
            Callable<Run> task = () -> mergeRange(path, from, end);
            parts.add(pool.submit(task));
        }
        pool.shutdown();
        Run first = parts.get(0).get();
        long events = first.events;
        for (Future<Run> each : parts.subList(1, threads)) {
            first.table.join(each.get().table);
            events += each.get().events;
        }
        return new Run(first.table, events);
    }

    private static Run mergeRange(String path, long from, long end) throws IOException {
        Table table = new Table();
        Merge merge = new Merge();
        long events = 0;
        try (LineBlocks blocks = new LineBlocks(path, from, end, BLOCK)) {
            while (blocks.next()) {
                events += merge.apply(blocks.bytes, blocks.at, blocks.count, mutation -> table.find(mutation).join(mutation));
            }
        }
        return new Run(table, events);
    }
}
