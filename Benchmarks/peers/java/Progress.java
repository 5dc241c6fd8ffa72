import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** How far the job is; its subtasks all run in this process. */
final class Progress {
    private static final AtomicLong EVENTS = new AtomicLong();
    private static final AtomicLong CHECKPOINTS = new AtomicLong();
    private static final List<Entity> ENTITIES = new ArrayList<>();
    private static Span span;
    private static double startSeconds;

    private Progress() {}

    /** Forgets a job that has ended, but not how long the first one took to start. */
    static synchronized void reset() {
        EVENTS.set(0);
        CHECKPOINTS.set(0);
        ENTITIES.clear();
        span = null;
    }

    /** The first byte is about to be read. */
    static synchronized void begin() {
        if (span == null) {
            span = new Span();
        }
    }

    static synchronized void mergedFirst() {
        if (startSeconds == 0) {
            Instant started = ProcessHandle.current().info().startInstant().orElseThrow();
            startSeconds = Duration.between(started, Instant.now()).toNanos() / 1e9;
        }
    }

    /** A subtask has merged all that there is for it; the span ends with the last one. */
    static synchronized void mergedLast() {
        span.end();
    }

    static void addEvents(int count) {
        EVENTS.addAndGet(count);
    }

    static void addCheckpoint() {
        CHECKPOINTS.incrementAndGet();
    }

    static synchronized void addEntity(Entity entity) {
        ENTITIES.add(entity);
    }

    static synchronized Span span() {
        return span;
    }

    static synchronized Entity[] entities() {
        return ENTITIES.toArray(new Entity[0]);
    }

    static long events() {
        return EVENTS.get();
    }

    static long checkpoints() {
        return CHECKPOINTS.get();
    }

    static synchronized double startSeconds() {
        return startSeconds;
    }
}
