import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** An entity as bytes: the lengths of its key and registers, when it was due, and both as they are. */
public final class EntitySerializer extends TypeSerializerSingleton<Entity> {
    public static final EntitySerializer INSTANCE = new EntitySerializer();
    private static final long serialVersionUID = 1;

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public Entity createInstance() {
        return new Entity(0, 0);
    }

    @Override
    public Entity copy(Entity from) {
        return copy(from, new Entity(from.keyCount, from.count));
    }

    @Override
    public Entity copy(Entity from, Entity reuse) {
        reuse.set(from);
        return reuse;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(Entity entity, DataOutputView target) throws IOException {
        target.writeInt(entity.keyCount);
        target.writeInt(entity.count);
        target.writeLong(entity.due);
        target.write(entity.key, 0, entity.keyCount);
        target.write(entity.registers, 0, entity.count);
    }

    @Override
    public Entity deserialize(DataInputView source) throws IOException {
        return deserialize(new Entity(0, 0), source);
    }

    @Override
    public Entity deserialize(Entity reuse, DataInputView source) throws IOException {
        reuse.keyCount = source.readInt();
        reuse.count = source.readInt();
        reuse.due = source.readLong();
        if (reuse.key.length < reuse.keyCount) {
            reuse.key = new byte[reuse.keyCount];
        }
        if (reuse.registers.length < reuse.count) {
            reuse.registers = new byte[reuse.count];
        }
        source.readFully(reuse.key, 0, reuse.keyCount);
        source.readFully(reuse.registers, 0, reuse.count);
        return reuse;
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public TypeSerializerSnapshot<Entity> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What a checkpoint keeps of the serializer. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Entity> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
