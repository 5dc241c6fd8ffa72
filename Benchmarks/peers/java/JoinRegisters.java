import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;

/** An entity is a map of the state, a register an entry of it: the form of the textbooks. */
public final class JoinRegisters extends KeyedJoin {
    private static final long serialVersionUID = 1;

    private transient MapState<String, Entity> state;

    @Override
    void openState() {
        state = getRuntimeContext().getMapState(new MapStateDescriptor<>("registers", Types.STRING, new EntityType()));
    }

    @Override
    boolean join(Entity mutation) throws Exception {
        boolean isNew = state.isEmpty();
        int size;
        for (int at = 0; at < mutation.count; at += size) {
            size = mutation.sizeAt(at);
            Entity told = new Entity(0, 0);
            told.registers = Arrays.copyOfRange(mutation.registers, at, at + size);
            told.count = size;
            int length = Entity.pathLength(told.registers, 0);
            String path = new String(told.registers, Entity.HEADER, length, StandardCharsets.UTF_8);
            Entity known = state.get(path);
            if (known == null) {
                state.put(path, told);
            } else if (known.join(told)) {
                state.put(path, known);
            }
        }
        return isNew;
    }

    @Override
    Entity take() throws Exception {
        Entity entity = new Entity(0, 4096);
        for (Map.Entry<String, Entity> each : state.entries()) {
            entity.join(each.getValue());
        }
        state.clear();
        return entity;
    }
}
