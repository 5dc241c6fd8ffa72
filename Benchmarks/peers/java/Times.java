/** Times as milliseconds since 1970. */
final class Times {
    static final long UNKNOWN = Long.MIN_VALUE;
    static final long DAY = 86_400_000;
    /** The first year of the epoch stands for what has not happened yet. */
    private static final long NOT_YET = 31_536_000_000L;

    private Times() {}

    /** Reads YYYY-MM-DDTHH:MM:SS[.mmm]Z, the spelling of all that is generated. */
    static long read(Text text) {
        if (!text.isKnown()) {
            return UNKNOWN;
        }
        if (text.count != 20 && text.count != 24) {
            throw new IllegalArgumentException("a time of another spelling");
        }
        long days = days(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2));
        long seconds = (number(text, 11, 2) * 60L + number(text, 14, 2)) * 60 + number(text, 17, 2);
        return days * DAY + seconds * 1000 + (text.count == 24 ? number(text, 20, 3) : 0);
    }

    /** The same, where the first year of the epoch means not yet: unknown. */
    static long readTold(Text text) {
        long time = read(text);
        return time < NOT_YET ? UNKNOWN : time;
    }

    static long startOfDay(long time) {
        return Math.floorDiv(time, DAY) * DAY;
    }

    private static int number(Text text, int at, int digits) {
        int value = 0;
        for (int index = text.at + at; index < text.at + at + digits; index++) {
            value = value * 10 + text.bytes[index] - '0';
        }
        return value;
    }

    /** Days since 1970 of a date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
    private static long days(int year, int month, int day) {
        int y = month <= 2 ? year - 1 : year;
        int era = Math.floorDiv(y, 400);
        int yearOfEra = y - era * 400;
        int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146_097L + yearOfEra * 365L + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }

    /** Writes YYYY-MM-DDTHH:MM:SS.mmmZ. */
    static void spell(long time, byte[] out, int at) {
        long shifted = Math.floorDiv(time, DAY) + 719_468;
        int rest = (int) Math.floorMod(time, DAY);
        long era = Math.floorDiv(shifted, 146_097L);
        long dayOfEra = shifted - era * 146_097;
        long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = (int) (dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100));
        int shiftedMonth = (5 * dayOfYear + 2) / 153;
        int month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        put((int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0), out, at, 4, '-');
        put(month, out, at + 5, 2, '-');
        put(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, out, at + 8, 2, 'T');
        put(rest / 3_600_000, out, at + 11, 2, ':');
        put(rest / 60_000 % 60, out, at + 14, 2, ':');
        put(rest / 1000 % 60, out, at + 17, 2, '.');
        put(rest % 1000, out, at + 20, 3, 'Z');
    }

    private static void put(int value, byte[] out, int at, int digits, char mark) {
        for (int index = at + digits - 1; index >= at; index--) {
            out[index] = (byte) ('0' + value % 10);
            value /= 10;
        }
        out[at + digits] = (byte) mark;
    }
}
