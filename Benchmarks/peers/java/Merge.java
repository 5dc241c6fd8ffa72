import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What the three types of events write into which entities: the table of docs/merge.md. */
public final class Merge {
    /** Where mutations go; one is valid until the next. */
    public interface Target {
        void take(Entity mutation) throws IOException;
    }

    private static final byte[] STATE_CHANGE = Bytes.of("STATE_CHANGE"), LOGIN = Bytes.of("LOGIN"), LOGOUT = Bytes.of("LOGOUT");
    private static final byte[] OFFLINE = Bytes.of("OFFLINE"), OFFLINE_NAME = Bytes.of("Offline");
    private static final byte[][] AGENT_RANKS = {Bytes.of("HEART_BEAT"), STATE_CHANGE, LOGIN, LOGOUT};
    private static final byte[] CONNECTED_TO_AGENT = Bytes.of("CONNECTED_TO_AGENT");
    private static final byte[][] CONTACT_RANKS = {
        Bytes.of("INITIATED"), Bytes.of("CONNECTED_TO_SYSTEM"), Bytes.of("QUEUED"), CONNECTED_TO_AGENT, Bytes.of("DISCONNECTED"),
        Bytes.of("COMPLETED"),
    };

    private final EventReader reader = new EventReader();
    private final Mutation mutation = new Mutation();
    private final Stamp stamp = new Stamp();
    private final Arn arn = new Arn();
    private final Bytes agent = new Bytes(256);
    private final Text agentText = new Text(), customer = new Text(), upper = new Text();
    private final ContactFacts facts = new ContactFacts();
    private final MessageDigest sha256;

    public Merge() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Turns events, one behind the other, into mutations; returns how many events there were. */
    public int apply(byte[] input, int at, int count, Target target) throws IOException {
        reader.begin(input, at, count);
        int events = 0;
        while (reader.next()) {
            events++;
            Event event = reader.event;
            if (event.agentArn.isKnown()) {
                applyAgent(event, target);
            } else if (event.detail.isThere) {
                applyContact(event, target);
            } else if (event.whole.isKnown()) {
                applyRecord(event, target);
            } else {
                throw new IOException("an event of another shape");
            }
        }
        return events;
    }

    private void applyAgent(Event event, Target target) throws IOException {
        if (!arn.readAgent(event.agentArn, agent)) {
            throw new IOException("an AgentARN that is none");
        }
        agentText.set(agent.bytes, 0, agent.count);
        stamp.time = time(event.eventTime);
        stamp.rank = rank(event.eventType, AGENT_RANKS);
        stamp.region.set(arn.region);
        stamp.id.set(event.eventId);
        Event.Snapshot current = event.current;

        mutation.begin(Paths.AGENT, agentText);
        mutation.setMeasure(Paths.FIRST_SEEN, stamp.region, Entity.MIN, stamp.time, stamp);
        if (event.eventType.is(LOGIN) || event.eventType.is(LOGOUT)) {
            mutation.set(Paths.PRESENCE, stamp.region, stamp, event.eventType.is(LOGIN) ? Paths.LOGIN : Paths.LOGOUT);
        }
        mutation.setMeasure(Paths.SEEN, stamp.region, Entity.MAX, stamp.time, stamp);
        if (current.isThere) {
            mutation.beginRegister(Paths.SNAPSHOT, stamp.region, Entity.LAST_WRITER_WINS, stamp).append(current.json);
            mutation.endRegister();
            setStatus(current, event.eventType.is(STATE_CHANGE));
        }
        target.take(mutation.end());
        if (current.isThere) {
            applySnapshots(current, event.previous, target);
        }
    }

    /** The status, measured by when it began. */
    private void setStatus(Event.Snapshot snapshot, boolean isChange) {
        boolean hasType = snapshot.statusType.isKnown();
        if (!hasType && !snapshot.statusName.isKnown()) {
            return;
        }
        boolean isOffline = hasType ? snapshot.statusType.is(OFFLINE) : snapshot.statusName.is(OFFLINE_NAME);
        long start = Times.readTold(snapshot.statusStart);
        if (start == Times.UNKNOWN) {
            start = isChange ? stamp.time : 0;
        }
        Bytes out = mutation.beginRegister(Paths.STATUS, stamp.region, Entity.MAX, stamp);
        out.appendLong(Math.min(start, stamp.time));
        out.append(isOffline ? Paths.OFFLINE : Paths.ONLINE);
        mutation.endRegister();
    }

    /** What the snapshots of an agent event say of others than the agent. */
    private void applySnapshots(Event.Snapshot current, Event.Snapshot previous, Target target) throws IOException {
        if (current.username.isKnown()) {
            mutation.begin(Paths.USERNAME, current.username);
            mutation.setMember(Paths.AGENTS, 16, Times.startOfDay(stamp.time), agent.bytes, 0, agent.count);
            target.take(mutation.end());
        }
        for (int index = 0; index < current.contactCount; index++) {
            applyContactOfAgent(current.contacts.get(index), current, false, target);
        }
        if (!current.listsContacts || !previous.listsContacts) {
            return;
        }
        for (int index = 0; index < previous.contactCount; index++) {
            Event.Contact contact = previous.contacts.get(index);
            if (contact.id.isKnown() && !current.holds(contact.id)) {
                applyContactOfAgent(contact, previous, true, target);
            }
        }
    }

    private void applyContactOfAgent(Event.Contact contact, Event.Snapshot snapshot, boolean left, Target target)
        throws IOException {
        if (contact.id.isKnown()) {
            mutation.begin(Paths.CONTACT, contact.id);
            Bytes out = mutation.beginRegister(Paths.OF_AGENT, agentText, Entity.LAST_WRITER_WINS, stamp);
            facts.append(contact, snapshot, left ? stamp.time : Times.UNKNOWN, out);
            mutation.endRegister();
            setConnected(Times.readTold(contact.connectedAt));
            target.take(mutation.end());
        }
    }

    /** When the agent was connected, where that is known; stamped by that time alone. */
    private void setConnected(long time) {
        if (time != Times.UNKNOWN) {
            mutation.setMeasure(Paths.CONNECTED, agentText, Entity.MAX, time, Stamp.at(time));
        }
    }

    private void applyContact(Event event, Target target) throws IOException {
        Event.Detail detail = event.detail;
        boolean hasAgent = arn.readAgent(detail.agentArn, agent);
        agentText.set(agent.bytes, 0, hasAgent ? agent.count : 0);
        stamp.time = time(event.time);
        stamp.rank = rank(detail.eventType, CONTACT_RANKS);
        stamp.region.set(detail.instanceArn.isKnown() && arn.read(detail.instanceArn) ? arn.region : event.region);
        stamp.id.set(event.id);
        customer.set(detail.customerId.isKnown() ? detail.customerId : detail.attributeCustomer);
        long toAgent = Times.readTold(detail.toAgent);
        long connected = toAgent == Times.UNKNOWN && detail.eventType.is(CONNECTED_TO_AGENT) ? stamp.time : toAgent;

        mutation.begin(Paths.CONTACT, detail.contactId);
        if (hasAgent) {
            setConnected(connected);
        }
        mutation.setNumber(Paths.EVENT_WORK, detail.workSeconds, stamp);
        mutation.setString(Paths.EVENT_AGENT, agentText, stamp);
        mutation.setString(Paths.EVENT_CHANNEL, upperCase(detail.channel), stamp);
        mutation.setString(Paths.EVENT_CUSTOMER, customer, stamp);
        mutation.setString(Paths.EVENT_DISCONNECT_REASON, detail.reason, stamp);
        mutation.setNumber(Paths.EVENT_HOLD, detail.holdSeconds, stamp);
        mutation.setString(Paths.EVENT_INITIAL, detail.initial, stamp);
        mutation.setString(Paths.EVENT_METHOD, detail.method, stamp);
        mutation.setString(Paths.EVENT_NEXT, detail.next, stamp);
        mutation.setString(Paths.EVENT_PREVIOUS, detail.previous, stamp);
        mutation.setString(Paths.EVENT_QUEUE, detail.queueArn, stamp);
        mutation.setString(Paths.EVENT_QUEUE_TYPE, detail.queueType, stamp);
        mutation.setString(Paths.EVENT_RELATED, detail.related, stamp);
        mutation.setDocument(Paths.EVENT_ATTRIBUTES, detail.segmentAttributes, stamp);
        mutation.setDocument(Paths.EVENT_TAGS, detail.tags, stamp);
        mutation.setMeasure(Paths.WORK_ENDED, null, Entity.MAX, Times.readTold(detail.workEnded), stamp);
        mutation.setMeasure(Paths.WORK_STARTED, null, Entity.MAX, Times.readTold(detail.workStarted), stamp);
        mutation.setMeasure(Paths.TO_AGENT, null, Entity.MAX, toAgent, stamp);
        mutation.setMeasure(Paths.TO_SYSTEM, null, Entity.MAX, Times.readTold(detail.toSystem), stamp);
        mutation.setMeasure(Paths.DISCONNECTED, null, Entity.MAX, Times.readTold(detail.disconnected), stamp);
        long initiated = Times.readTold(detail.initiated);
        mutation.setMeasure(Paths.INITIATED, null, Entity.MAX, initiated, stamp);
        mutation.setMeasure(Paths.QUEUED, null, Entity.MAX, Times.readTold(detail.queued), stamp);
        mutation.setMeasure(Paths.SEEN, detail.eventType, Entity.MAX, stamp.time, stamp);
        target.take(mutation.end());
        if (connected == Times.UNKNOWN) {
            agentText.clear();
        }
        applyCustomer(detail.contactId, initiated, Paths.LAST_EVENT, target);
    }

    private void applyRecord(Event event, Target target) throws IOException {
        boolean hasAgent = arn.readAgent(event.agentOfRecord, agent);
        agentText.set(agent.bytes, 0, hasAgent ? agent.count : 0);
        stamp.time = time(event.lastUpdate);
        stamp.rank = Math.min(event.leaves - event.attributeLeaves, 127) + Math.min(event.attributeLeaves, 128);
        stamp.region.clear();
        if (event.instanceArn.isKnown()) {
            if (!arn.read(event.instanceArn)) {
                throw new IOException("an InstanceARN that is none");
            }
            stamp.region.set(arn.region);
        }
        sha256.update(event.whole.bytes, event.whole.at, event.whole.count);
        Bytes digest = new Bytes(64);
        digest.appendHex(sha256.digest());
        stamp.id.set(digest.bytes, 0, digest.count);
        customer.set(event.customerId.isKnown() ? event.customerId : event.attributeCustomer);

        mutation.begin(Paths.CONTACT, event.contactId);
        mutation.beginRegister(Paths.RECORD, null, Entity.LAST_WRITER_WINS, stamp).append(event.whole);
        mutation.endRegister();
        mutation.beginRegister(Paths.RECORD_CUSTOMER, null, Entity.LAST_WRITER_WINS, stamp).appendKnown(customer);
        mutation.endRegister();
        target.take(mutation.end());
        applyCustomer(event.contactId, Times.readTold(event.initiated), Paths.LAST_RECORD, target);
    }

    /** What a contact tells of its customer, if it has one. */
    private void applyCustomer(Text contact, long initiated, byte[] path, Target target) throws IOException {
        if (!customer.isKnown()) {
            return;
        }
        long at = initiated == Times.UNKNOWN ? stamp.time : initiated;
        mutation.begin(Paths.CUSTOMER, customer);
        mutation.setMember(Paths.CONTACTS, 64, at, contact.bytes, contact.at, contact.count);
        Bytes out = mutation.beginRegister(path, null, Entity.MAX, stamp);
        out.appendLong(at);
        facts.appendLast(agentText, at, contact, out);
        mutation.endRegister();
        target.take(mutation.end());
    }

    private static long time(Text text) throws IOException {
        long time = Times.readTold(text);
        if (time == Times.UNKNOWN) {
            throw new IOException("an event without a time");
        }
        return time;
    }

    /** The place of a type in its row, from 1; 0 where it has none. */
    private static int rank(Text type, byte[][] ranks) {
        for (int index = 0; index < ranks.length; index++) {
            if (type.is(ranks[index])) {
                return index + 1;
            }
        }
        return 0;
    }

    /** The same letters in upper case; itself where it is. */
    private Text upperCase(Text text) {
        for (int index = text.at; index < text.at + text.count; index++) {
            if (text.bytes[index] >= 'a' && text.bytes[index] <= 'z') {
                byte[] copy = new byte[text.count];
                for (int each = 0; each < text.count; each++) {
                    byte letter = text.bytes[text.at + each];
                    copy[each] = (byte) (letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
                }
                upper.set(copy, 0, copy.length);
                return upper;
            }
        }
        return text;
    }
}
