import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A register under union. Its payload is a u32 capacity, a u32 count and the members in ascending order of value:
 *
 *     i64 time   u32 value length   value
 *
 * Agents, contacts and records stamp members with a time alone.
 */
final class Union {
    private Union() {}

    /** A member where it lies in a register. */
    private record Member(byte[] bytes, int at) {
        long time() {
            return Bytes.getLong(bytes, at);
        }

        int size() {
            return 12 + Bytes.getInt(bytes, at + 8);
        }

        int compareValues(Member other) {
            return Arrays.compareUnsigned(bytes, at + 12, at + size(), other.bytes, other.at + 12, other.at + other.size());
        }

        /** Who stays where the set is full. */
        int compare(Member other) {
            int order = Long.compare(time(), other.time());
            return order != 0 ? order : compareValues(other);
        }
    }

    /** Joins the register of another entity into the one at `at`; says whether that changed it. */
    static boolean join(Entity entity, int at, Entity other, int from) {
        int payload = Contest.valueOffset(entity.registers, at);
        int others = Contest.valueOffset(other.registers, from);
        if (absorbs(entity.registers, payload, other.registers, others)) {
            return false;
        }
        List<Member> joined = merged(members(entity.registers, payload), members(other.registers, others));
        int capacity = Math.min(Bytes.getInt(entity.registers, payload), Bytes.getInt(other.registers, others));
        while (joined.size() > capacity) {
            joined.remove(Collections.min(joined, Member::compare));
        }
        Bytes result = new Bytes(256);
        result.append(entity.registers, at, payload - at);
        result.appendInt(capacity);
        result.appendInt(joined.size());
        for (Member each : joined) {
            result.append(each.bytes, each.at, each.size());
        }
        Bytes.setInt(result.bytes, 0, result.count);
        entity.replace(at, entity.sizeAt(at), result.bytes, 0, result.count);
        return true;
    }

    /** Whether the set knows the only member of the other one, under no lesser time. That is so nearly always. */
    private static boolean absorbs(byte[] set, int payload, byte[] told, int from) {
        if (Bytes.getInt(told, from + 4) != 1) {
            return false;
        }
        int length = Bytes.getInt(told, from + 16);
        int at = payload + 8;
        for (int left = Bytes.getInt(set, payload + 4); left > 0; left--) {
            int others = Bytes.getInt(set, at + 8);
            if (length == others && Arrays.equals(set, at + 12, at + 12 + others, told, from + 20, from + 20 + length)) {
                return Bytes.getLong(set, at) >= Bytes.getLong(told, from + 8);
            }
            at += 12 + others;
        }
        return false;
    }

    private static List<Member> members(byte[] registers, int payload) {
        List<Member> found = new ArrayList<>();
        int at = payload + 8;
        for (int left = Bytes.getInt(registers, payload + 4); left > 0; left--) {
            Member member = new Member(registers, at);
            found.add(member);
            at += member.size();
        }
        return found;
    }

    private static List<Member> merged(List<Member> mine, List<Member> theirs) {
        List<Member> joined = new ArrayList<>(mine.size() + theirs.size());
        int left = 0;
        int right = 0;
        while (left < mine.size() && right < theirs.size()) {
            Member x = mine.get(left);
            Member y = theirs.get(right);
            int order = x.compareValues(y);
            joined.add(order < 0 || order == 0 && x.time() >= y.time() ? x : y);
            if (order <= 0) {
                left++;
            }
            if (order >= 0) {
                right++;
            }
        }
        joined.addAll(mine.subList(left, mine.size()));
        joined.addAll(theirs.subList(right, theirs.size()));
        return joined;
    }
}
