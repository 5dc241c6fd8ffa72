/** The values that are put together from several facts of an event, as canonical JSON. */
final class ContactFacts {
    private static final byte[] CHANNEL = Bytes.of("{\"channel\":"), CONNECTED = Bytes.of(",\"connectedAt\":");
    private static final byte[] INITIAL = Bytes.of(",\"initialContactId\":"), METHOD = Bytes.of(",\"initiationMethod\":");
    private static final byte[] QUEUE = Bytes.of(",\"queue\":"), ARN = Bytes.of("{\"arn\":"), NAME = Bytes.of(",\"name\":");
    private static final byte[] QUEUED = Bytes.of(",\"queuedAt\":"), SINCE = Bytes.of(",\"since\":");
    private static final byte[] STATE = Bytes.of(",\"state\":"), LEFT = Bytes.of("\"LEFT\"");
    private static final byte[] USERNAME = Bytes.of(",\"username\":");
    private static final byte[] AGENT = Bytes.of("{\"agentId\":"), AT = Bytes.of(",\"at\":\"");
    private static final byte[] CONTACT = Bytes.of("\",\"contactId\":");

    /** What a snapshot says of a contact. `leftAt`: when it was gone, or unknown where it is there. */
    void append(Event.Contact contact, Event.Snapshot snapshot, long leftAt, Bytes out) {
        append(CHANNEL, contact.channel, out);
        append(CONNECTED, contact.connectedAt, out);
        append(INITIAL, contact.initial, out);
        append(METHOD, contact.method, out);
        out.append(QUEUE);
        if (contact.hasQueue) {
            append(ARN, contact.queueArn, out);
            append(NAME, contact.queueName, out);
            out.append('}');
        } else {
            out.append(Paths.NULL);
        }
        append(QUEUED, contact.queuedAt, out);
        if (leftAt == Times.UNKNOWN) {
            append(SINCE, contact.since, out);
            append(STATE, contact.state, out);
        } else {
            out.append(SINCE);
            out.append('"');
            out.appendTime(leftAt);
            out.append('"');
            out.append(STATE);
            out.append(LEFT);
        }
        append(USERNAME, snapshot.username, out);
        out.append('}');
    }

    /** A customer's contact. */
    void appendLast(Text agent, long at, Text contact, Bytes out) {
        append(AGENT, agent, out);
        out.append(AT);
        out.appendTime(at);
        out.append(CONTACT);
        out.appendString(contact);
        out.append('}');
    }

    private static void append(byte[] name, Text value, Bytes out) {
        out.append(name);
        out.appendKnown(value);
    }
}
