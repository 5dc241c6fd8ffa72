/** What orders two tellings of one fact. */
final class Stamp {
    long time;
    int rank;
    final Text region = new Text();
    final Text id = new Text();

    /** A stamp of a time alone. */
    static Stamp at(long time) {
        Stamp stamp = new Stamp();
        stamp.time = time;
        return stamp;
    }
}
