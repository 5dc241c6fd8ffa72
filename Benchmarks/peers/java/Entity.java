import java.util.Arrays;

/**
 * An entity: its key, and its registers one behind the other in ascending order of path. What one event tells of an entity has
 * the same form, so that merging is joining two entities.
 *
 * A key is a byte of its kind and the id. A register is
 *
 *     u32 size   u16 path length   u8 rule   u8 rank   i64 time   u8 Region length   u8 id length   path   Region   id   payload
 *
 * and its payload the value's canonical JSON; under max and min an i64 measure before it; under union see Union.
 */
public final class Entity {
    static final int LAST_WRITER_WINS = 0, MAX = 1, MIN = 2, UNION = 3;
    static final int HEADER = 18;

    public byte[] key;
    public int keyCount;
    public byte[] registers;
    public int count;
    /** When the event was due, in a measurement of latency; else 0. */
    public long due;

    public Entity(int keyCapacity, int capacity) {
        key = new byte[keyCapacity];
        registers = new byte[capacity];
    }

    /** Joins what another one tells of the same entity; says whether that changed anything. */
    public boolean join(Entity other) {
        boolean changed = false;
        int at = 0;
        int size;
        for (int from = 0; from < other.count; from += size) {
            size = other.sizeAt(from);
            int order = 1;
            while (at < count && (order = comparePaths(registers, at, other.registers, from)) < 0) {
                at += sizeAt(at);
            }
            if (at == count || order > 0) {
                replace(at, 0, other.registers, from, size);
                changed = true;
            } else if (other.registers[from + 6] == UNION) {
                changed |= Union.join(this, at, other, from);
            } else if (Contest.order(registers, at, other.registers, from) < 0) {
                replace(at, sizeAt(at), other.registers, from, size);
                changed = true;
            }
            at += sizeAt(at);
        }
        return changed;
    }

    int sizeAt(int at) {
        return Bytes.getInt(registers, at);
    }

    static int pathLength(byte[] registers, int at) {
        return (registers[at + 4] & 0xFF) | (registers[at + 5] & 0xFF) << 8;
    }

    private static int comparePaths(byte[] a, int at, byte[] b, int from) {
        int length = pathLength(a, at);
        int others = pathLength(b, from);
        at += HEADER;
        from += HEADER;
        // Most are told apart by their first letter.
        int first = a[at] - b[from];
        return first != 0 ? first : Arrays.compareUnsigned(a, at, at + length, b, from, from + others);
    }

    /** Puts a register in the place of so many bytes. */
    void replace(int at, int removed, byte[] source, int from, int added) {
        int length = count + added - removed;
        if (length > registers.length) {
            // A quarter more, so that not every longer snapshot moves the entity.
            registers = Arrays.copyOf(registers, length + length / 4);
        }
        if (added != removed) {
            System.arraycopy(registers, at + removed, registers, at + added, count - at - removed);
        }
        System.arraycopy(source, from, registers, at, added);
        count = length;
    }

    /** Takes over what another one is. */
    public void set(Entity other) {
        setKey(other.key, other.keyCount);
        if (registers.length < other.count) {
            registers = new byte[other.count];
        }
        System.arraycopy(other.registers, 0, registers, 0, other.count);
        count = other.count;
        due = other.due;
    }

    void setKey(byte[] other, int length) {
        if (key.length < length) {
            key = new byte[length];
        }
        System.arraycopy(other, 0, key, 0, length);
        keyCount = length;
    }
}
