import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * Reads events out of JSON with Jackson's streaming parser, in one pass. Strings are taken as slices of the input: Jackson says
 * where a string begins and is not asked to decode it.
 */
final class EventReader {
    private static final JsonFactory FACTORY = new JsonFactory();

    final Event event = new Event();
    private byte[] input;
    private int start;
    private int stop;
    private JsonParser parser;
    /** Whether the keys of all objects that were read since it was set were in order. */
    private boolean sorted;
    /** How many values that say something were read of the event, as far as it may be a record. */
    private int leaves;

    /** Reads from so many bytes of events, one behind the other. */
    void begin(byte[] input, int at, int count) throws IOException {
        this.input = input;
        start = at;
        stop = at + count;
        parser = FACTORY.createParser(input, at, count);
    }

    /** Reads the next event; false at the end. */
    boolean next() throws IOException {
        JsonToken token = parser.nextToken();
        if (token == null) {
            parser.close();
            return false;
        }
        if (token != JsonToken.START_OBJECT) {
            throw new IOException("a line that is no object");
        }
        event.clear();
        sorted = true;
        leaves = 0;
        int from = offset() - 1;
        String before = "";
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            checkOrder(before, name);
            before = name;
            readMember(name, parser.nextToken());
        }
        if (event.lastUpdate.isKnown() && event.contactId.isKnown()) {
            Canonical.set(event.whole, input, from, offset() - from, sorted);
            event.leaves = leaves;
        }
        return true;
    }

    private void readMember(String name, JsonToken token) throws IOException {
        switch (name) {
            case "AgentARN": read(token, event.agentArn); break;
            case "EventTimestamp": read(token, event.eventTime); break;
            case "EventType": read(token, event.eventType); break;
            case "EventId": read(token, event.eventId); break;
            case "CurrentAgentSnapshot": readSnapshot(token, event.current); break;
            case "PreviousAgentSnapshot": readSnapshot(token, event.previous); break;
            case "id": read(token, event.id); break;
            case "time": read(token, event.time); break;
            case "region": read(token, event.region); break;
            case "detail": readDetail(token); break;
            case "ContactId": read(token, event.contactId); break;
            case "LastUpdateTimestamp": read(token, event.lastUpdate); break;
            case "InstanceARN": read(token, event.instanceArn); break;
            case "CustomerId": read(token, event.customerId); break;
            case "InitiationTimestamp": read(token, event.initiated); break;
            case "Agent": readOne(token, "ARN", event.agentOfRecord); break;
            case "Attributes":
                int before = leaves;
                readOne(token, "customerId", event.attributeCustomer);
                event.attributeLeaves = leaves - before;
                break;
            default: skip(token);
        }
    }

    private void readSnapshot(JsonToken token, Event.Snapshot snapshot) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            skip(token);
            return;
        }
        boolean outside = sorted;
        sorted = true;
        snapshot.isThere = true;
        int from = offset() - 1;
        String before = "";
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            checkOrder(before, name);
            before = name;
            JsonToken value = parser.nextToken();
            switch (name) {
                case "AgentStatus": readStatus(value, snapshot); break;
                case "Configuration": readOne(value, "Username", snapshot.username); break;
                case "Contacts": readContacts(value, snapshot); break;
                default: skip(value);
            }
        }
        if (snapshot == event.current) {
            Canonical.set(snapshot.json, input, from, offset() - from, sorted);
        }
        sorted &= outside;
    }

    private void readStatus(JsonToken token, Event.Snapshot snapshot) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            skip(token);
            return;
        }
        String before = "";
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            checkOrder(before, name);
            before = name;
            JsonToken value = parser.nextToken();
            switch (name) {
                case "Name": read(value, snapshot.statusName); break;
                case "StartTimestamp": read(value, snapshot.statusStart); break;
                case "Type": read(value, snapshot.statusType); break;
                default: skip(value);
            }
        }
    }

    private void readContacts(JsonToken token, Event.Snapshot snapshot) throws IOException {
        if (token != JsonToken.START_ARRAY) {
            skip(token);
            return;
        }
        snapshot.listsContacts = true;
        for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
            if (each == JsonToken.START_OBJECT) {
                readContact(snapshot.addContact());
            } else {
                skip(each);
            }
        }
    }

    private void readContact(Event.Contact contact) throws IOException {
        String before = "";
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            checkOrder(before, name);
            before = name;
            JsonToken token = parser.nextToken();
            switch (name) {
                case "ContactId": read(token, contact.id); break;
                case "Channel": read(token, contact.channel); break;
                case "ConnectedToAgentTimestamp": read(token, contact.connectedAt); break;
                case "InitialContactId": read(token, contact.initial); break;
                case "InitiationMethod": read(token, contact.method); break;
                case "QueueTimestamp": read(token, contact.queuedAt); break;
                case "StateStartTimestamp": read(token, contact.since); break;
                case "State": read(token, contact.state); break;
                case "Queue":
                    contact.hasQueue = token == JsonToken.START_OBJECT;
                    readTwo(token, "ARN", contact.queueArn, "Name", contact.queueName);
                    break;
                default: skip(token);
            }
        }
    }

    private void readDetail(JsonToken token) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            skip(token);
            return;
        }
        Event.Detail detail = event.detail;
        detail.isThere = true;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (name) {
                case "contactId": case "ContactId": read(value, detail.contactId); break;
                case "eventType": case "EventType": read(value, detail.eventType); break;
                case "channel": case "Channel": read(value, detail.channel); break;
                case "instanceArn": case "InstanceArn": read(value, detail.instanceArn); break;
                case "initiationMethod": case "InitiationMethod": read(value, detail.method); break;
                case "disconnectReason": case "DisconnectReason": read(value, detail.reason); break;
                case "customerId": case "CustomerId": read(value, detail.customerId); break;
                case "initialContactId": case "InitialContactId": read(value, detail.initial); break;
                case "previousContactId": case "PreviousContactId": read(value, detail.previous); break;
                case "nextContactId": case "NextContactId": read(value, detail.next); break;
                case "relatedContactId": case "RelatedContactId": read(value, detail.related); break;
                case "initiationTimestamp": case "InitiationTimestamp": read(value, detail.initiated); break;
                case "connectedToSystemTimestamp": case "ConnectedToSystemTimestamp": read(value, detail.toSystem); break;
                case "disconnectTimestamp": case "DisconnectTimestamp": read(value, detail.disconnected); break;
                case "attributes": case "Attributes": readOne(value, "customerId", detail.attributeCustomer); break;
                case "segmentAttributes": case "SegmentAttributes": readDocument(value, detail.segmentAttributes); break;
                case "tags": case "Tags": readDocument(value, detail.tags); break;
                case "agentInfo": case "AgentInfo": case "queueInfo": case "QueueInfo": readInfo(value, detail); break;
                case "campaign": case "Campaign": case "recordings": case "Recordings":
                case "customerEndpoint": case "CustomerEndpoint": case "systemEndpoint": case "SystemEndpoint":
                case "routingCriteria": case "RoutingCriteria": case "contactEvaluations": case "ContactEvaluations":
                case "scheduledTimestamp": case "ScheduledTimestamp":
                case "globalResiliencyMetadata": case "GlobalResiliencyMetadata":
                case "answeringMachineDetectionStatus": case "AnsweringMachineDetectionStatus":
                    throw new IOException("a member that is not read: " + name);
                default: parser.skipChildren();
            }
        }
    }

    /** Of an agent or a queue. */
    private void readInfo(JsonToken token, Event.Detail detail) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            skip(token);
            return;
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            switch (name) {
                case "agentArn": case "AgentArn": read(value, detail.agentArn); break;
                case "connectedToAgentTimestamp": case "ConnectedToAgentTimestamp": read(value, detail.toAgent); break;
                case "afterContactWorkStartTimestamp": case "AfterContactWorkStartTimestamp":
                    read(value, detail.workStarted);
                    break;
                case "afterContactWorkEndTimestamp": case "AfterContactWorkEndTimestamp": read(value, detail.workEnded); break;
                case "afterContactWorkDuration": case "AfterContactWorkDuration": detail.workSeconds = seconds(value); break;
                case "agentInitiatedHoldDuration": case "AgentInitiatedHoldDuration": detail.holdSeconds = seconds(value); break;
                case "queueArn": case "QueueArn": read(value, detail.queueArn); break;
                case "queueType": case "QueueType": read(value, detail.queueType); break;
                case "enqueueTimestamp": case "EnqueueTimestamp": read(value, detail.queued); break;
                case "acceptedByAgentTimestamp": case "AcceptedByAgentTimestamp":
                case "previewEndTimestamp": case "PreviewEndTimestamp":
                case "dequeueTimestamp": case "DequeueTimestamp":
                    throw new IOException("a member that is not read: " + name);
                default: parser.skipChildren();
            }
        }
    }

    private long seconds(JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT) {
            return parser.getLongValue();
        }
        parser.skipChildren();
        return -1;
    }

    /** Takes the canonical JSON of an object that has something in it. */
    private void readDocument(JsonToken token, Text into) throws IOException {
        into.clear();
        if (token != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        boolean outside = sorted;
        sorted = true;
        int from = offset() - 1;
        skip(token);
        Canonical.set(into, input, from, offset() - from, sorted);
        if (into.count == 2) {
            into.clear();
        }
        sorted = outside;
    }

    private void readOne(JsonToken token, String wanted, Text into) throws IOException {
        readTwo(token, wanted, into, null, null);
    }

    /** Takes two strings out of an object. */
    private void readTwo(JsonToken token, String wanted, Text into, String other, Text intoOther) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            skip(token);
            return;
        }
        String before = "";
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            checkOrder(before, name);
            before = name;
            JsonToken value = parser.nextToken();
            if (name.equals(wanted)) {
                read(value, into);
            } else if (name.equals(other)) {
                read(value, intoOther);
            } else {
                skip(value);
            }
        }
    }

    /** Goes over a value, and looks at the order of its keys. */
    private void skip(JsonToken token) throws IOException {
        if (token == JsonToken.START_OBJECT) {
            String before = "";
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                checkOrder(before, name);
                before = name;
                skip(parser.nextToken());
            }
        } else if (token == JsonToken.START_ARRAY) {
            for (JsonToken each = parser.nextToken(); each != JsonToken.END_ARRAY; each = parser.nextToken()) {
                skip(each);
            }
        } else if (!event.agentArn.isKnown() && token != JsonToken.VALUE_NULL) {
            // Of agent events, where it is not asked for, that would be work for nothing.
            leaves += token == JsonToken.VALUE_STRING && input[offset()] == '"' ? 0 : 1;
        }
    }

    private void checkOrder(String before, String name) {
        if (sorted && Canonical.compare(before, name) >= 0 && !before.isEmpty()) {
            sorted = false;
        }
    }

    /** Takes a string; anything else is unknown. */
    private void read(JsonToken token, Text into) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            into.clear();
            skip(token);
            return;
        }
        int from = offset();
        int end = Bytes.find(input, from, stop, '"', '\\');
        if (input[end] == '"') {
            into.set(input, from, end - from);
            leaves += end > from ? 1 : 0;
        } else {
            byte[] text = parser.getText().getBytes(StandardCharsets.UTF_8);
            into.set(text, 0, text.length);
            leaves++;
        }
    }

    /** Where the parser stands: behind the first byte of a string or object, or behind an object's last one. */
    private int offset() {
        return start + (int) parser.currentLocation().getByteOffset();
    }
}
