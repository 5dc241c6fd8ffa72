import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Arrays;

/** The whole lines of a range of a file, block by block: those that begin in it. */
final class LineBlocks implements AutoCloseable {
    private final RandomAccessFile file;
    private final long end;
    private long position;
    private int filled;
    /** The block is `count` bytes of this, from `at`. */
    byte[] bytes;
    int at;
    int count;

    LineBlocks(String path, long from, long end, int size) throws IOException {
        this(new RandomAccessFile(path, "r"), end, size);
        if (from > 0) {
            file.seek(from - 1);
            while (file.read() != '\n') {
                continue;
            }
            position = file.getFilePointer();
        }
    }

    private LineBlocks(RandomAccessFile file, long end, int size) {
        this.file = file;
        this.end = end;
        bytes = new byte[size];
    }

    /** Goes on where another one stood, which was at the beginning of a line. */
    static LineBlocks resumed(String path, long from, long end, int size) throws IOException {
        LineBlocks blocks = new LineBlocks(new RandomAccessFile(path, "r"), end, size);
        blocks.file.seek(from);
        blocks.position = from;
        return blocks;
    }

    /** Where in the file the byte at that place of the block stands. */
    long offset(int place) {
        return position - filled + place;
    }

    /** Goes to the next block; false at the end. */
    boolean next() throws IOException {
        int rest = filled - at - count;
        System.arraycopy(bytes, at + count, bytes, 0, rest);
        filled = rest;
        at = 0;
        while (true) {
            // Behind the end only the rest of a line is wanted.
            int wanted = position < end ? (int) Math.min(bytes.length - filled, end - position) : 0;
            int read = wanted > 0 ? file.read(bytes, filled, wanted) : readLine();
            if (read <= 0) {
                count = filled;
                return count > 0;
            }
            position += read;
            int from = filled;
            filled += read;
            int last = filled - 1;
            while (last >= from && bytes[last] != '\n') {
                last--;
            }
            if (last >= from) {
                count = last + 1;
                return true;
            }
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, filled * 2);
            }
        }
    }

    /** Reads the rest of the line that the range ends in; 0 where it ends with a line. */
    private int readLine() throws IOException {
        if (filled == 0 || bytes[filled - 1] == '\n') {
            return 0;
        }
        int read = file.read(bytes, filled, bytes.length - filled);
        for (int index = 0; index < read; index++) {
            if (bytes[filled + index] == '\n') {
                return index + 1;
            }
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
