// The yardstick: simdjson's On-Demand walk over every key and value of every line, and nothing else. No state, no hash,
// no copy. usage: walk FILE THREADS; prints {"seconds":..,"events":..,"bytes":..,"values":..}
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace simdjson;

namespace {

// Every key and scalar is touched as the raw token it is.
size_t walk(ondemand::value value, size_t &bytes) {
    switch (value.type().value()) {
    case ondemand::json_type::object: {
        size_t values = 1;
        for (auto field : value.get_object().value()) {
            bytes += size_t(*field.key().value().raw());
            values += walk(field.value().value(), bytes);
        }
        return values;
    }
    case ondemand::json_type::array: {
        size_t values = 1;
        for (auto element : value.get_array().value()) values += walk(element.value(), bytes);
        return values;
    }
    default: bytes += value.raw_json_token().size(); return 1;
    }
}

struct Part {
    size_t events = 0, bytes = 0, values = 0, touched = 0;
};

// The lines that start in [from, to).
Part walk_lines(int file, size_t from, size_t to) {
    Part part;
    constexpr size_t chunk = 1 << 20;
    std::vector<char> buffer(4 * chunk + SIMDJSON_PADDING);
    ondemand::parser parser;
    size_t have = 0, offset = from ? from - 1 : 0, start = offset;
    bool skip = from != 0;
    for (;;) {
        if (buffer.size() < have + chunk + SIMDJSON_PADDING) buffer.resize(2 * buffer.size());
        const ssize_t got = pread(file, buffer.data() + have, chunk, off_t(offset));
        if (got <= 0) return part;
        offset += size_t(got);
        const size_t end = have + size_t(got);
        size_t at = 0;
        while (const char *newline = static_cast<const char *>(memchr(buffer.data() + at, '\n', end - at))) {
            const size_t length = size_t(newline - buffer.data()) - at;
            if (start + at >= to) return part;
            if (skip) {
                skip = false;
            } else if (length) {
                auto document = parser.iterate(buffer.data() + at, length, buffer.size() - at);
                part.values += walk(document.get_value().value(), part.touched);
                part.events += 1;
                part.bytes += length + 1;
            }
            at += length + 1;
        }
        have = end - at;
        start += at;
        memmove(buffer.data(), buffer.data() + at, have);
    }
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: walk FILE THREADS\n");
        return 2;
    }
    const int file = open(argv[1], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) {
        perror(argv[1]);
        return 1;
    }
    const size_t threads = size_t(std::max(1, atoi(argv[2])));
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Part> parts(threads);
    std::vector<std::thread> running;
    for (size_t i = 0; i < threads; ++i) {
        const size_t size = size_t(status.st_size);
        // Counted in a local: neighbours in `parts` would share cache lines.
        running.emplace_back([&parts, file, size, threads, i] {
            parts[i] = walk_lines(file, size * i / threads, size * (i + 1) / threads);
        });
    }
    for (auto &thread : running) thread.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    Part sum;
    for (const Part &part : parts) {
        sum.events += part.events;
        sum.bytes += part.bytes;
        sum.values += part.values;
        sum.touched += part.touched;
    }
    printf("{\"seconds\":%.6f,\"events\":%zu,\"bytes\":%zu,\"values\":%zu,\"touched\":%zu}\n", seconds, sum.events, sum.bytes,
           sum.values, sum.touched);
    return 0;
}
