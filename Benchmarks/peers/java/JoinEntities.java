import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;

/** An entity is one value of the state. */
public final class JoinEntities extends KeyedJoin {
    private static final long serialVersionUID = 1;

    private transient ValueState<Entity> state;

    @Override
    void openState() {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("entity", new EntityType()));
    }

    @Override
    boolean join(Entity mutation) throws Exception {
        Entity entity = state.value();
        boolean isNew = entity == null;
        if (isNew) {
            entity = new Entity(0, mutation.count);
        }
        if (entity.join(mutation)) {
            state.update(entity);
        }
        return isNew;
    }

    @Override
    Entity take() throws Exception {
        Entity entity = state.value();
        state.clear();
        return entity;
    }
}
