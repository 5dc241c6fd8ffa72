import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.util.Collector;

/** Events to mutations. The first one of an event, that of the entity that it is about, tells when the event was due. */
public final class ToMutations extends RichFlatMapFunction<Tuple2<Long, byte[]>, Entity> {
    private static final long serialVersionUID = 1;

    private transient Merge merge;
    private transient Collector<Entity> out;
    private transient long due;
    private transient Merge.Target target;

    @Override
    public void open(OpenContext context) {
        merge = new Merge();
        target = mutation -> {
            mutation.due = due;
            due = 0;
            out.collect(mutation);
        };
    }

    @Override
    public void flatMap(Tuple2<Long, byte[]> line, Collector<Entity> collector) throws IOException {
        due = line.f0;
        out = collector;
        Progress.addEvents(merge.apply(line.f1, 0, line.f1.length, target));
    }
}
