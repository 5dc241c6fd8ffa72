// What the merge is made of: ids, stamps, and memory that is given back when the program ends.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

using Text = std::string_view;

[[noreturn]] inline void fail(const char *what, Text text = {}) {
    fprintf(stderr, "merge: %s %.*s\n", what, int(text.size()), text.data());
    exit(1);
}

// A UUID, as a number whose order is that of its text.
struct Id {
    uint64_t high = 0, low = 0;
    bool operator==(const Id &other) const { return high == other.high && low == other.low; }
    int compare(const Id &other) const {
        if (high != other.high) return high < other.high ? -1 : 1;
        return low == other.low ? 0 : low < other.low ? -1 : 1;
    }
    uint64_t hash() const { return (high ^ low * 0x9E3779B97F4A7C15ull) * 0xFF51AFD7ED558CCDull; }
};

// Eight hexadecimal digits, as they lie in memory.
inline uint64_t packed(uint64_t digits) {
    uint64_t value = __builtin_bswap64((digits & 0x0F0F0F0F0F0F0F0Full) + 9 * (digits >> 6 & 0x0101010101010101ull));
    value = (value | value >> 4) & 0x00FF00FF00FF00FFull;
    value = (value | value >> 8) & 0x0000FFFF0000FFFFull;
    return (value | value >> 16) & 0xFFFFFFFFull;
}

inline Id read_id(Text text) {
    if (text.size() != 36) fail("no UUID:", text);
    uint64_t first, last;
    char middle[16];
    memcpy(&first, text.data(), 8);
    memcpy(middle, text.data() + 9, 4);
    memcpy(middle + 4, text.data() + 14, 4);
    memcpy(middle + 8, text.data() + 19, 4);
    memcpy(middle + 12, text.data() + 24, 4);
    memcpy(&last, text.data() + 28, 8);
    uint64_t words[2];
    memcpy(words, middle, 16);
    return {packed(first) << 32 | packed(words[0]), packed(words[1]) << 32 | packed(last)};
}

// A few texts that come again and again (Regions, instances), numbered the same for all threads.
class Names {
    std::array<std::string, 64> texts;
    std::atomic<uint8_t> count{0};
    std::mutex adding;

    int find(Text text, uint8_t among) const {
        for (uint8_t at = 0; at < among; ++at)
            if (texts[at] == text) return at;
        return -1;
    }

public:
    uint8_t number(Text text) {
        int found = find(text, count.load(std::memory_order_acquire));
        if (found >= 0) return uint8_t(found);
        std::lock_guard guard(adding);
        found = find(text, count);
        if (found >= 0) return uint8_t(found);
        if (count == texts.size()) fail("too many names:", text);
        texts[count] = text;
        return count.fetch_add(1, std::memory_order_release);
    }
    const std::string &operator[](uint8_t number) const { return texts[number]; }
    int compare(uint8_t a, uint8_t b) const { return a == b ? 0 : texts[a].compare(texts[b]); }
};

inline Names regions;
// `account/instance/`.
inline Names instances;

struct AgentId {
    Id id;
    uint8_t instance = 0;
    bool known = false;
    bool operator==(const AgentId &other) const { return id == other.id && instance == other.instance; }
};

// What orders tellings: time, rank, Region, event id. Events of equal stamps are taken as the same event.
template <class EventId> struct Stamped {
    int64_t time = 0;
    EventId event{};
    uint8_t rank = 0, region = 0;

    int compare(const Stamped &other) const {
        if (time != other.time) return time < other.time ? -1 : 1;
        if (rank != other.rank) return rank < other.rank ? -1 : 1;
        const int by_region = regions.compare(region, other.region);
        return by_region ? by_region : event.compare(other.event);
    }
};

struct Sha {
    unsigned char bytes[32] = {};
    int compare(const Sha &other) const { return memcmp(bytes, other.bytes, 32); }
};

using Stamp = Stamped<Id>;
using RecordStamp = Stamped<Sha>;

class Arena {
    static constexpr size_t block = 1 << 20;
    char *at = nullptr;
    size_t left = 0;

public:
    char *take(size_t size) {
        size = (size + 15) & ~size_t(15);
        if (size > left) {
            left = size > block ? size : block;
            at = static_cast<char *>(malloc(left));
            if (!at) fail("out of memory");
        }
        char *taken = at;
        at += size;
        left -= size;
        return taken;
    }
    Text copy(Text text) {
        char *to = take(text.size());
        memcpy(to, text.data(), text.size());
        return {to, text.size()};
    }
};

// Text that is replaced by other text, mostly of nearly the same length.
struct Stored {
    char *bytes = nullptr;
    uint32_t length = 0, room = 0;

    void set(Text text, Arena &arena) {
        if (text.size() > room) {
            room = uint32_t((text.size() + text.size() / 8 + 15) & ~size_t(15));
            bytes = arena.take(room);
        }
        memcpy(bytes, text.data(), text.size());
        length = uint32_t(text.size());
    }
    Text text() const { return {bytes, length}; }
};

// Times of Amazon Connect before this one mean "not yet".
constexpr int64_t not_yet = 31'536'000'000;

// Days since 1970-01-01.
inline int64_t days(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    const int64_t era = year / 400, of_era = year - era * 400;
    const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// `YYYY-MM-DDTHH:MM:SS[.mmm]Z` in milliseconds. The day is worked out when it is another one than last time.
class Clock {
    char last[10] = {};
    int64_t midnight = 0;

public:
    int64_t read(Text text) {
        const char *at = text.data();
        const auto pair = [at](int place) { return int64_t(at[place] - '0') * 10 + (at[place + 1] - '0'); };
        if (text.size() != 24 && text.size() != 20) fail("no time:", text);
        if (memcmp(last, at, 10)) {
            memcpy(last, at, 10);
            midnight = days(pair(0) * 100 + pair(2), pair(5), pair(8)) * 86'400'000;
        }
        const int64_t second = (pair(11) * 60 + pair(14)) * 60 + pair(17);
        return midnight + second * 1000 + (text.size() == 24 ? pair(20) * 10 + (at[22] - '0') : 0);
    }
    // A time that may be missing; 0 where it has not come yet.
    int64_t read_told(Text text) {
        const int64_t time = text.empty() ? 0 : read(text);
        return time < not_yet ? 0 : time;
    }
    // The time of a stamp.
    int64_t read_stamp(Text text) {
        const int64_t time = read(text);
        if (time < not_yet) fail("no time of an event:", text);
        return time;
    }
};

// The same back, in 24 characters.
inline void write_time(int64_t time, char *to) {
    int64_t day = time / 86'400'000, rest = time % 86'400'000;
    if (rest < 0) rest += 86'400'000, --day;
    const int64_t shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t of_era = shifted - era * 146097;
    const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * of_year + 2) / 153;
    const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2);
    const auto digits = [to](int place, int64_t value, int width) {
        for (int at = width - 1; at >= 0; --at, value /= 10) to[place + at] = char('0' + value % 10);
    };
    memcpy(to, "0000-00-00T00:00:00.000Z", 24);
    digits(0, year, 4);
    digits(5, month, 2);
    digits(8, of_year - (153 * shifted_month + 2) / 5 + 1, 2);
    digits(11, rest / 3'600'000, 2);
    digits(14, rest / 60'000 % 60, 2);
    digits(17, rest / 1000 % 60, 2);
    digits(20, rest % 1000, 3);
}
