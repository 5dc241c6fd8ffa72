import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Joins mutations into the entities, which are keyed state; at the end of the input they go out. */
abstract class KeyedJoin extends KeyedProcessFunction<String, Entity, Entity> implements CheckpointListener {
    private static final long serialVersionUID = 1;

    private transient Lags lags;
    private transient boolean began;
    private transient boolean ended;

    static String key(Entity mutation) {
        return new String(mutation.key, 0, mutation.keyCount, StandardCharsets.ISO_8859_1);
    }

    abstract void openState();

    /** Joins into the state of the key at hand; true where there was none. */
    abstract boolean join(Entity mutation) throws Exception;

    /** Takes the entity of the key at hand, without its key, out of the state. */
    abstract Entity take() throws Exception;

    @Override
    public void open(OpenContext context) {
        openState();
        lags = Lags.make();
    }

    @Override
    public void processElement(Entity mutation, Context context, Collector<Entity> out) throws Exception {
        if (join(mutation)) {
            context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
        }
        if (mutation.due != 0) {
            lags.add(System.nanoTime() - mutation.due);
        }
        if (!began) {
            began = true;
            Progress.mergedFirst();
        }
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Entity> out) throws Exception {
        if (!ended) {
            ended = true;
            Progress.mergedLast();
        }
        Entity entity = take();
        byte[] key = context.getCurrentKey().getBytes(StandardCharsets.ISO_8859_1);
        entity.setKey(key, key.length);
        out.collect(entity);
    }

    @Override
    public void notifyCheckpointComplete(long number) {
        if (getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0) {
            Progress.addCheckpoint();
        }
    }
}
