import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/** Tells Flink how entities travel and are kept: by EntitySerializer, not by reflection. */
public final class EntityType extends TypeInformation<Entity> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public Class<Entity> getTypeClass() {
        return Entity.class;
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public TypeSerializer<Entity> createSerializer(SerializerConfig config) {
        return EntitySerializer.INSTANCE;
    }

    @Override
    public String toString() {
        return "Entity";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EntityType;
    }

    @Override
    public int hashCode() {
        return 1;
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof EntityType;
    }
}
