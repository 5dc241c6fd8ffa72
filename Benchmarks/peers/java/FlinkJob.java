import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;

/**
 * The job: lines -> mutations -> keyed by entity -> joined into keyed state -> out, in a cluster inside this process. Sources of
 * the older kind are the shortest way to a paced one; they cost one uncontended lock a line.
 */
@SuppressWarnings("deprecation")
final class FlinkJob {
    private FlinkJob() {}

    /** Runs it to its end. A buffer that is not full leaves after so many milliseconds. Its files are gone afterwards. */
    static void run(SourceFunction<Tuple2<Long, byte[]>> source, Arguments options, int bufferTimeout) throws Exception {
        String home = options.text("--scratch", System.getProperty("java.io.tmpdir"));
        Path scratch = Files.createTempDirectory(Path.of(home), "flink");
        try {
            Configuration settings = settings(options, scratch);
            int timeout = options.number("--buffer-timeout", bufferTimeout);
            settings.setString("execution.buffer-timeout.interval", timeout + " ms");
            int parallelism = options.number("--threads", 1);
            StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(parallelism, settings);
            TypeInformation<Tuple2<Long, byte[]>> line =
                Types.TUPLE(Types.LONG, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
            KeyedJoin join = options.text("--state", "value").equals("map") ? new JoinRegisters() : new JoinEntities();
            environment.addSource(source, "lines", line)
                .flatMap(new ToMutations()).returns(new EntityType())
                .keyBy(KeyedJoin::key, Types.STRING)
                .process(join, new EntityType())
                .sinkTo(new Gather());
            environment.execute("merge");
        } finally {
            delete(scratch);
        }
    }

    private static Configuration settings(Arguments options, Path scratch) {
        Configuration settings = new Configuration();
        String backend = options.text("--backend", "hashmap");
        settings.setString("state.backend.type", backend);
        settings.setString("pipeline.object-reuse", "true");
        settings.setString("pipeline.generic-types", "false");
        settings.setString("io.tmp.dirs", scratch.toString());
        settings.setString("web.tmpdir", scratch.toString());
        for (String name : new String[] {"rest.address", "rest.bind-address", "jobmanager.bind-host", "taskmanager.bind-host"}) {
            settings.setString(name, "127.0.0.1");
        }
        settings.setString("rest.bind-port", "0");
        if (backend.equals("rocksdb")) {
            settings.setString("taskmanager.memory.managed.size", options.text("--managed", "512m"));
            settings.setString("execution.checkpointing.incremental", "true");
        }
        int interval = options.number("--checkpoint", 0);
        if (interval > 0) {
            settings.setString("execution.checkpointing.interval", interval + " ms");
            settings.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
            settings.setString("execution.checkpointing.storage", "filesystem");
            settings.setString("execution.checkpointing.dir", scratch.resolve("checkpoints").toUri().toString());
        }
        return settings;
    }

    /** Flink clears up behind itself still when a job has ended, so files may come and go meanwhile. */
    private static void delete(Path root) throws InterruptedException {
        for (int attempt = 0; attempt < 100 && Files.exists(root); attempt++) {
            try (Stream<Path> below = Files.walk(root)) {
                for (Path each : below.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            } catch (IOException | UncheckedIOException error) {
                Thread.sleep(50);
            }
        }
    }

    /** Takes the entities out of the job. */
    private static final class Gather implements Sink<Entity> {
        private static final long serialVersionUID = 1;

        @Override
        public SinkWriter<Entity> createWriter(WriterInitContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(Entity entity, Context context) {
                    Progress.addEntity(EntitySerializer.INSTANCE.copy(entity));
                }

                @Override
                public void flush(boolean endOfInput) {}

                @Override
                public void close() {}
            };
        }
    }
}
