import java.io.File;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.source.legacy.RichParallelSourceFunction;

/** Each subtask reads its part of the file, a line at a time; where it stands is in the checkpoint. Nothing is due at a time. */
@SuppressWarnings("deprecation")
public final class FileLines extends RichParallelSourceFunction<Tuple2<Long, byte[]>> implements CheckpointedFunction {
    private static final long serialVersionUID = 1;

    private final String path;
    private volatile boolean runs = true;
    private transient ListState<Long> saved;
    /** Of the first byte that was not emitted; -1 before any was. */
    private transient long offset;

    FileLines(String path) {
        this.path = path;
    }

    @Override
    public void run(SourceContext<Tuple2<Long, byte[]>> context) throws Exception {
        int index = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        int count = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        long size = new File(path).length();
        long end = size * (index + 1) / count;
        Tuple2<Long, byte[]> line = new Tuple2<>(0L, null);
        Progress.begin();
        try (LineBlocks blocks = offset < 0
            ? new LineBlocks(path, size * index / count, end, 1 << 20) : LineBlocks.resumed(path, offset, end, 1 << 20)) {
            while (runs && blocks.next()) {
                int at = blocks.at;
                int stop = blocks.at + blocks.count;
                while (runs && at < stop) {
                    int next = Math.min(Bytes.find(blocks.bytes, at, stop, '\n', '\n') + 1, stop);
                    line.f1 = Arrays.copyOfRange(blocks.bytes, at, next);
                    synchronized (context.getCheckpointLock()) {
                        context.collect(line);
                        offset = blocks.offset(next);
                    }
                    at = next;
                }
            }
        }
    }

    @Override
    public void cancel() {
        runs = false;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        saved.update(List.of(offset));
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        saved = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("offset", Types.LONG));
        offset = -1;
        for (long each : saved.get()) {
            offset = each;
        }
    }
}
