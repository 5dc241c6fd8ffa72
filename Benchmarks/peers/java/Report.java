import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/** The line of JSON that every peer prints at its end. */
final class Report {
    private Report() {}

    /** Takes the digest and prints. `more` is further members, each with a comma before it. */
    static void print(long events, Span span, Entity[] entities, String linesPath, String more) throws IOException {
        Span digesting = new Span();
        String digest;
        if (linesPath == null) {
            digest = new Lines().digest(entities, null);
        } else {
            try (OutputStream copy = new BufferedOutputStream(new FileOutputStream(linesPath), 1 << 20)) {
                digest = new Lines().digest(entities, copy);
            }
        }
        digesting.end();
        System.out.printf(
            Locale.ROOT,
            "{\"events\":%d,\"seconds\":%.3f,\"cpuSeconds\":%.3f,\"digestSeconds\":%.3f,\"digest\":\"%s\",\"entities\":%d%s}%n",
            events, span.seconds, span.cpuSeconds, digesting.seconds, digest, entities.length, more);
    }
}
