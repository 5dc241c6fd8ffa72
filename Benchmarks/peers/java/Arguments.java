/** The command line: a file, and flags behind it. */
final class Arguments {
    private final String[] given;

    Arguments(String[] given) {
        this.given = given;
        if (given.length == 0 || given[0].startsWith("--")) {
            System.err.println("the file of events is missing");
            System.exit(2);
        }
    }

    String file() {
        return given[0];
    }

    String positional(int index) {
        return given[index];
    }

    boolean has(String name) {
        return text(name, null) != null;
    }

    /** What stands behind the flag, or the name itself where it is the last. */
    String text(String name, String otherwise) {
        for (int index = 1; index < given.length; index++) {
            if (given[index].equals(name)) {
                return index + 1 < given.length ? given[index + 1] : name;
            }
        }
        return otherwise;
    }

    int number(String name, int otherwise) {
        String found = text(name, null);
        return found == null ? otherwise : Integer.parseInt(found);
    }
}
