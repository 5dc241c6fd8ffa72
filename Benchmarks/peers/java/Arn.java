/** The parts of an Amazon Connect ARN, arn:aws:connect:REGION:ACCOUNT:instance/INSTANCE[/KIND/RESOURCE]. */
final class Arn {
    private static final byte[] AGENT = Bytes.of("agent"), INSTANCE = Bytes.of("instance"), CONNECT = Bytes.of("connect");

    final Text region = new Text(), account = new Text(), instance = new Text(), kind = new Text(), resource = new Text();
    private final Text service = new Text(), word = new Text();

    /** False where the text is no such ARN. */
    boolean read(Text text) {
        int partition = text.find(':', 0);
        int serviceAt = partition < 0 ? -1 : text.find(':', partition + 1);
        int regionAt = serviceAt < 0 ? -1 : text.find(':', serviceAt + 1);
        int accountAt = regionAt < 0 ? -1 : text.find(':', regionAt + 1);
        int pathAt = accountAt < 0 ? -1 : text.find(':', accountAt + 1);
        int slash = pathAt < 0 ? -1 : text.find('/', pathAt + 1);
        if (slash < 0) {
            return false;
        }
        take(text, serviceAt + 1, regionAt, service);
        take(text, regionAt + 1, accountAt, region);
        take(text, accountAt + 1, pathAt, account);
        take(text, pathAt + 1, slash, word);
        int kindAt = text.find('/', slash + 1);
        int resourceAt = kindAt < 0 ? -1 : text.find('/', kindAt + 1);
        take(text, slash + 1, kindAt < 0 ? text.count : kindAt, instance);
        take(text, kindAt < 0 ? text.count : kindAt + 1, resourceAt < 0 ? text.count : resourceAt, kind);
        take(text, resourceAt < 0 ? text.count : resourceAt + 1, text.count, resource);
        return service.is(CONNECT) && word.is(INSTANCE);
    }

    private static void take(Text text, int from, int end, Text part) {
        part.set(text.bytes, text.at + from, end - from);
    }

    /** Writes the agent's entity id; false where the text is no agent's ARN. */
    boolean readAgent(Text text, Bytes id) {
        id.count = 0;
        if (!text.isKnown() || !read(text) || !kind.is(AGENT) || !account.isKnown() || !resource.isKnown()
            || resource.find('/', 0) >= 0) {
            return false;
        }
        id.append(account);
        id.append('/');
        id.append(instance);
        id.append('/');
        id.append(resource);
        return true;
    }
}
