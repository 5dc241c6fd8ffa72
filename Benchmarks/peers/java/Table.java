import java.util.Arrays;

/** Entities by key: an open table, a power of two of places. */
final class Table {
    private int[] hashes = new int[1 << 14];
    private Entity[] places = new Entity[1 << 14];
    private int count;

    /** The entity of that key; a new one without registers where there was none. */
    Entity find(Entity wanted) {
        int hash = hash(wanted.key, wanted.keyCount);
        int at = hash & places.length - 1;
        while (places[at] != null) {
            Entity found = places[at];
            if (hashes[at] == hash && Arrays.equals(found.key, 0, found.keyCount, wanted.key, 0, wanted.keyCount)) {
                return found;
            }
            at = at + 1 & places.length - 1;
        }
        Entity made = new Entity(wanted.keyCount, wanted.count);
        made.setKey(wanted.key, wanted.keyCount);
        put(at, hash, made);
        return made;
    }

    private void put(int at, int hash, Entity entity) {
        hashes[at] = hash;
        places[at] = entity;
        if (++count * 2 > places.length) {
            grow();
        }
    }

    private void grow() {
        int[] oldHashes = hashes;
        Entity[] old = places;
        hashes = new int[old.length * 2];
        places = new Entity[old.length * 2];
        for (int index = 0; index < old.length; index++) {
            if (old[index] != null) {
                int at = oldHashes[index] & places.length - 1;
                while (places[at] != null) {
                    at = at + 1 & places.length - 1;
                }
                hashes[at] = oldHashes[index];
                places[at] = old[index];
            }
        }
    }

    /** Joins all of another table into this one. */
    void join(Table other) {
        for (Entity each : other.places) {
            if (each != null) {
                find(each).join(each);
            }
        }
    }

    /** All entities, in no order. */
    Entity[] entities() {
        Entity[] all = new Entity[count];
        int next = 0;
        for (Entity each : places) {
            if (each != null) {
                all[next++] = each;
            }
        }
        return all;
    }

    private static int hash(byte[] key, int length) {
        long hash = length;
        int at = 0;
        for (; at + 8 <= length; at += 8) {
            hash = (hash ^ Bytes.getLong(key, at)) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        for (; at < length; at++) {
            hash = (hash ^ key[at]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return (int) hash;
    }
}
