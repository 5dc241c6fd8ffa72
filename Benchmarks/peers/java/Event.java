import java.util.ArrayList;
import java.util.List;

/** The facts of one event, in the three shapes that are merged. Reused for the next one. */
final class Event {
    // An agent event.
    final Text agentArn = new Text(), eventTime = new Text(), eventType = new Text(), eventId = new Text();
    final Snapshot current = new Snapshot(), previous = new Snapshot();
    // A contact event.
    final Text id = new Text(), time = new Text(), region = new Text();
    final Detail detail = new Detail();
    // A contact record; the agent is named by `agentOfRecord`.
    final Text contactId = new Text(), lastUpdate = new Text(), instanceArn = new Text(), agentOfRecord = new Text();
    final Text customerId = new Text(), attributeCustomer = new Text(), initiated = new Text();
    /** Its canonical JSON. */
    final Text whole = new Text();
    /** How many of its values say something, and of those the ones of its attributes. */
    int leaves;
    int attributeLeaves;

    private final Text[] texts = {
        agentArn, eventTime, eventType, eventId, id, time, region, contactId, lastUpdate, instanceArn, agentOfRecord, customerId,
        attributeCustomer, initiated, whole,
    };

    void clear() {
        for (Text each : texts) {
            each.clear();
        }
        leaves = 0;
        attributeLeaves = 0;
        current.clear();
        previous.clear();
        detail.clear();
    }

    /** What an agent event says of the agent at one moment. */
    static final class Snapshot {
        boolean isThere;
        boolean listsContacts;
        /** Its canonical JSON. */
        final Text json = new Text();
        final Text statusType = new Text(), statusName = new Text(), statusStart = new Text(), username = new Text();
        final List<Contact> contacts = new ArrayList<>();
        int contactCount;

        void clear() {
            isThere = false;
            listsContacts = false;
            contactCount = 0;
            json.clear();
            statusType.clear();
            statusName.clear();
            statusStart.clear();
            username.clear();
        }

        Contact addContact() {
            if (contactCount == contacts.size()) {
                contacts.add(new Contact());
            }
            Contact contact = contacts.get(contactCount++);
            contact.clear();
            return contact;
        }

        boolean holds(Text contactId) {
            for (int index = 0; index < contactCount; index++) {
                if (contacts.get(index).id.is(contactId)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** A contact of a snapshot. */
    static final class Contact {
        final Text id = new Text(), channel = new Text(), connectedAt = new Text(), initial = new Text(), method = new Text();
        final Text queueArn = new Text(), queueName = new Text(), queuedAt = new Text(), since = new Text(), state = new Text();
        boolean hasQueue;
        private final Text[] texts = {
            id, channel, connectedAt, initial, method, queueArn, queueName, queuedAt, since, state,
        };

        void clear() {
            hasQueue = false;
            for (Text each : texts) {
                each.clear();
            }
        }
    }

    /** The detail of a contact event. */
    static final class Detail {
        boolean isThere;
        final Text contactId = new Text(), eventType = new Text(), channel = new Text(), instanceArn = new Text();
        final Text method = new Text(), reason = new Text(), customerId = new Text(), attributeCustomer = new Text();
        final Text initial = new Text(), previous = new Text(), next = new Text(), related = new Text();
        final Text agentArn = new Text(), queueArn = new Text(), queueType = new Text();
        /** Canonical JSON; unknown where there is nothing in them. */
        final Text segmentAttributes = new Text(), tags = new Text();
        /** Whole seconds, or -1. */
        long workSeconds;
        long holdSeconds;
        final Text initiated = new Text(), toSystem = new Text(), queued = new Text(), toAgent = new Text();
        final Text disconnected = new Text(), workStarted = new Text(), workEnded = new Text();
        private final Text[] texts = {
            contactId, eventType, channel, instanceArn, method, reason, customerId, attributeCustomer, initial, previous, next,
            related, agentArn, queueArn, queueType, segmentAttributes, tags, initiated, toSystem, queued, toAgent, disconnected,
            workStarted, workEnded,
        };

        void clear() {
            isThere = false;
            workSeconds = -1;
            holdSeconds = -1;
            for (Text each : texts) {
                each.clear();
            }
        }
    }
}
