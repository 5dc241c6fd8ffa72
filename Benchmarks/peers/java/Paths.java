/** The kinds of entities, and the paths and words that every event writes. */
final class Paths {
    static final int AGENT = 0, CONTACT = 1, CUSTOMER = 2, USERNAME = 3;
    /** By number; the numbers are in the order of the names. */
    static final byte[][] KINDS = {Bytes.of("agent"), Bytes.of("contact"), Bytes.of("customer"), Bytes.of("username")};

    static final byte[] NULL = Bytes.of("null");
    static final byte[] LOGIN = Bytes.of("\"LOGIN\""), LOGOUT = Bytes.of("\"LOGOUT\"");

    static final byte[] ONLINE = Bytes.of("\"ONLINE\""), OFFLINE = Bytes.of("\"OFFLINE\"");

    static final byte[] FIRST_SEEN = Bytes.of("firstSeen/"), PRESENCE = Bytes.of("presence/"), SEEN = Bytes.of("seen/");
    static final byte[] SNAPSHOT = Bytes.of("snapshot/"), STATUS = Bytes.of("status/");
    static final byte[] OF_AGENT = Bytes.of("agent/"), CONNECTED = Bytes.of("connected/"), AGENTS = Bytes.of("agents");

    static final byte[] EVENT_WORK = Bytes.of("event/afterContactWorkSeconds"), EVENT_HOLD = Bytes.of("event/holdSeconds");
    static final byte[] EVENT_QUEUE_TYPE = Bytes.of("event/queueType"), EVENT_TAGS = Bytes.of("event/tags");
    static final byte[] EVENT_ATTRIBUTES = Bytes.of("event/segmentAttributes");
    static final byte[] EVENT_AGENT = Bytes.of("event/agent"), EVENT_CHANNEL = Bytes.of("event/channel");
    static final byte[] EVENT_CUSTOMER = Bytes.of("event/customerId");
    static final byte[] EVENT_DISCONNECT_REASON = Bytes.of("event/disconnectReason");
    static final byte[] EVENT_INITIAL = Bytes.of("event/initialContactId"), EVENT_METHOD = Bytes.of("event/initiationMethod");
    static final byte[] EVENT_NEXT = Bytes.of("event/nextContactId"), EVENT_PREVIOUS = Bytes.of("event/previousContactId");
    static final byte[] EVENT_QUEUE = Bytes.of("event/queue"), EVENT_RELATED = Bytes.of("event/relatedContactId");
    static final byte[] WORK_ENDED = Bytes.of("milestone/AFTER_CONTACT_WORK_ENDED");
    static final byte[] WORK_STARTED = Bytes.of("milestone/AFTER_CONTACT_WORK_STARTED");
    static final byte[] TO_AGENT = Bytes.of("milestone/CONNECTED_TO_AGENT");
    static final byte[] TO_SYSTEM = Bytes.of("milestone/CONNECTED_TO_SYSTEM");
    static final byte[] DISCONNECTED = Bytes.of("milestone/DISCONNECTED"), INITIATED = Bytes.of("milestone/INITIATED");
    static final byte[] QUEUED = Bytes.of("milestone/QUEUED");

    static final byte[] RECORD = Bytes.of("record"), RECORD_CUSTOMER = Bytes.of("record/customer");
    static final byte[] CONTACTS = Bytes.of("contacts");
    static final byte[] LAST_EVENT = Bytes.of("lastContact/event"), LAST_RECORD = Bytes.of("lastContact/record");

    private Paths() {}
}
