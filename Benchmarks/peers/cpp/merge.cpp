// The near limit: what one program does for this merge alone, in C++ with simdjson. It takes the generator's shapes for granted:
// no validation beyond simdjson's, no other shapes, no text that is not canonical, no dead letters, no store, no projections.
// usage: merge FILE [--threads N] [--lines OUT]
// Threads take pieces of the file in turn, each into a state of its own; those are joined at the end, part by part.
#include "lines.h"

#include <chrono>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

// A file in memory: a little cheaper than to read it in pieces of 128 KiB to 1 MiB, where the pages are given back.
struct File {
    const char *start = nullptr;
    size_t size = 0;
    std::atomic<size_t> next{0};
};

// Merges the lines that start in the pieces that are still to be had.
void merge_pieces(File &file, Merge &merge) {
    constexpr size_t piece = 4 << 20, padding = simdjson::SIMDJSON_PADDING;
    const char *end = file.start + file.size;
    const auto line_end = [end](const char *at) {
        const void *found = memchr(at, '\n', size_t(end - at));
        return found ? static_cast<const char *>(found) : end;
    };
    std::string last;
    for (;;) {
        const size_t from = file.next.fetch_add(piece);
        if (from >= file.size) return;
        const char *at = file.start + from, *to = std::min(at + piece, end);
        if (from) at = line_end(at - 1) + 1;
        while (at < to) {
            const char *stop = line_end(at);
            if (size_t(end - stop) >= padding) {
                if (stop > at) merge.read(at, size_t(stop - at), size_t(end - at));
            } else if (stop > at) {
                // simdjson reads beyond the end, where there may be no memory.
                last.reserve(size_t(stop - at) + padding);
                last.assign(at, stop);
                merge.read(last.data(), last.size(), last.size() + padding);
            }
            at = stop + 1;
        }
        // Or all of the file would count as memory of the program.
        madvise(const_cast<char *>(file.start + from), std::min(piece, file.size - from), MADV_DONTNEED);
    }
}

// Joins one part of a thread's state into the same part of another's.
void join_part(Merge &into, Part &from) {
    for (auto &theirs : from.agents.entities) {
        Agent &agent = into.agent(theirs.id);
        for (auto &told : theirs.regions) {
            AgentRegion &here = agent.in(told.region, told.first);
            if (told.first.compare(here.first) < 0) here.first = told.first;
            if (told.has_presence && wins(here.has_presence, here.presence, told.presence)) here.is_login = told.is_login;
            if (told.seen.compare(here.seen) > 0) here.seen = told.seen;
            if (told.has_snapshot && wins(here.has_snapshot, here.snapshot, told.snapshot)) here.text = told.text;
            if (told.has_status) tell_status(here, told.began, told.status, told.is_offline);
        }
    }
    for (auto &theirs : from.contacts.entities) into.join_contact(into.contact(theirs.id), theirs);
    for (auto &theirs : from.customers.entities) {
        Customer &customer = into.customer(theirs.id);
        for (const auto &told : theirs.contacts) join(customer, told);
        join(customer.event, theirs.event);
        join(customer.record, theirs.record);
    }
    for (auto &theirs : from.usernames.entities)
        for (const auto &[agent, day] : theirs.agents) join(into.username(theirs.id), agent, day);
}

void run_threads(size_t count, const std::function<void(size_t)> &work) {
    std::vector<std::thread> running;
    for (size_t number = 1; number < count; ++number) running.emplace_back(work, number);
    work(0);
    for (auto &thread : running) thread.join();
}

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

}  // namespace

int main(int argc, char **argv) {
    const char *path = nullptr, *lines = nullptr;
    size_t threads = 1;
    for (int at = 1; at < argc; ++at) {
        const Text argument = argv[at];
        if (argument == "--threads" && at + 1 < argc) threads = size_t(std::max(1, atoi(argv[++at])));
        else if (argument == "--lines" && at + 1 < argc) lines = argv[++at];
        else path = argv[at];
    }
    struct stat status;
    const int descriptor = path ? open(path, O_RDONLY) : -1;
    if (descriptor < 0 || fstat(descriptor, &status)) fail("usage: merge FILE [--threads N] [--lines OUT]");

    const double begin = seconds_now(), cpu_begin = cpu_seconds();
    File file;
    file.size = size_t(status.st_size);
    void *mapped = mmap(nullptr, std::max(file.size, size_t(1)), PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapped == MAP_FAILED) fail("cannot map", path);
    file.start = static_cast<const char *>(mapped);
    std::vector<std::unique_ptr<Merge>> merges;
    for (size_t number = 0; number < threads; ++number) merges.push_back(std::make_unique<Merge>(threads));
    run_threads(threads, [&](size_t number) { merge_pieces(file, *merges[number]); });
    // Part n is joined by thread n, into the state of thread n, whose other parts have been given away by then.
    std::vector<std::vector<Part>> given(threads);
    size_t events = 0;
    for (size_t number = 0; number < threads; ++number) {
        events += merges[number]->events;
        given[number] = std::vector<Part>(threads);
        for (size_t part = 0; part < threads; ++part)
            if (part != number) std::swap(given[number][part], merges[number]->parts[part]);
    }
    run_threads(threads, [&](size_t number) {
        for (size_t other = 0; other < threads; ++other)
            if (other != number) join_part(*merges[number], given[other][number]);
    });
    const double merged = seconds_now(), cpu_merged = cpu_seconds();

    std::vector<Part> parts;
    for (size_t number = 0; number < threads; ++number) parts.push_back(std::move(merges[number]->parts[number]));
    FILE *out = lines ? fopen(lines, "w") : nullptr;
    Lines writer(out);
    const std::string digest = writer.write(parts);
    if (out && fclose(out)) fail("cannot write", lines);
    printf("{\"events\":%zu,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"digestSeconds\":%.6f,", events, merged - begin,
           cpu_merged - cpu_begin, seconds_now() - merged);
    printf("\"digest\":\"%s\",\"entities\":%zu}\n", digest.c_str(), writer.count);
    fflush(stdout);
    _exit(0);
}
