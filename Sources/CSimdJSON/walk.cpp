#include "csimdjson.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>
#include <vector>

using simdjson::internal::dom_parser_implementation;

struct csj_parser {
    simdjson::dom::parser parser;
    std::unique_ptr<csj_node[]> nodes;
    size_t node_capacity = 0;
    const uint8_t *text = nullptr;
    size_t length = 0;
    uint32_t token = 0;   // next structural index to be read
    uint32_t tokens = 0;  // how many there are
    bool backslashes = false;
    bool closes = false;  // the last token is a closing bracket
};

csj_parser *csj_parser_create(void) { return new (std::nothrow) csj_parser; }

void csj_parser_destroy(csj_parser *parser) { delete parser; }

int csj_begin(csj_parser *p, const uint8_t *text, size_t length) {
    p->text = text;
    p->length = length;
    p->token = p->tokens = 0;
    if (length == 0) return CSJ_EMPTY;
    if (length >= UINT32_MAX) return CSJ_TOO_LARGE;
    if (p->parser.capacity() < length || !p->parser.implementation) {
        const size_t capacity = length < (1u << 16) ? (1u << 16) : length + length / 4;
        if (p->parser.allocate(capacity < UINT32_MAX ? capacity : UINT32_MAX - 1, CSJ_MAX_DEPTH)) return CSJ_TOO_LARGE;
    }
    auto &tokenizer = *p->parser.implementation;
    switch (tokenizer.stage1(text, length, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS: break;
    case simdjson::EMPTY: return CSJ_EMPTY;
    case simdjson::UTF8_ERROR: return CSJ_UTF8;
    case simdjson::CAPACITY: case simdjson::MEMALLOC: return CSJ_TOO_LARGE;
    default: return CSJ_SYNTAX;
    }
    p->tokens = tokenizer.n_structural_indexes;
    const uint8_t closing = text[tokenizer.structural_indexes[p->tokens - 1]];
    p->closes = closing == '}' || closing == ']';
    p->backslashes = memchr(text, '\\', length) != nullptr;
    // Every token makes one node at most (a colon or comma makes none).
    if (p->node_capacity < p->tokens + 1u) {
        p->node_capacity = p->tokens + p->tokens / 4 + 64;
        p->nodes.reset(new (std::nothrow) csj_node[p->node_capacity]);
        if (!p->nodes) { p->node_capacity = 0; p->tokens = 0; return CSJ_TOO_LARGE; }
    }
    return CSJ_OK;
}

namespace {

inline bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
inline bool is_digit(uint8_t c) { return uint8_t(c - '0') < 10; }

// The grammar of RFC 8259, section 6.
bool is_number(const uint8_t *s, const uint8_t *e) {
    if (s < e && *s == '-') ++s;
    if (s == e || !is_digit(*s)) return false;
    if (*s == '0') ++s; else while (s < e && is_digit(*s)) ++s;
    if (s < e && *s == '.') {
        ++s;
        if (s == e || !is_digit(*s)) return false;
        while (s < e && is_digit(*s)) ++s;
    }
    if (s < e && (*s | 0x20) == 'e') {
        ++s;
        if (s < e && (*s == '+' || *s == '-')) ++s;
        if (s == e || !is_digit(*s)) return false;
        while (s < e && is_digit(*s)) ++s;
    }
    return s == e;
}

// Which of the three words it is, 0 if none. Lengths that are known to the compiler are compared in place.
inline int word_kind(const uint8_t *s, uint32_t size) {
    if (size == 4 && !memcmp(s, "null", 4)) return CSJ_NULL;
    if (size == 4 && !memcmp(s, "true", 4)) return CSJ_TRUE;
    return size == 5 && !memcmp(s, "false", 5) ? CSJ_FALSE : 0;
}

inline int hex(uint8_t c) {
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Whether every backslash of [s, e) starts an escape of RFC 8259, section 7. `least` becomes false where one may be more than the
// canonical form has: a slash needs none, and what a `u` stands for is not looked at here.
bool escapes_ok(const uint8_t *s, const uint8_t *e, bool &least) {
    while ((s = static_cast<const uint8_t *>(memchr(s, '\\', size_t(e - s)))) != nullptr) {
        if (++s == e) return false;
        if (*s == 'u') {
            least = false;
            if (e - s < 5) return false;
            for (int i = 1; i <= 4; ++i) if (hex(s[i]) < 0) return false;
            s += 5;
        } else {
            if (!strchr("\"\\/bfnrt", *s) || *s == 0) return false;
            if (*s == '/') least = false;
            ++s;
        }
    }
    return true;
}

// Whether key a sorts before key b, and is not the same.
bool ascends(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size) {
    const int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order < 0 || (order == 0 && a_size < b_size);
}

// The first eight bytes of the key at `s` as a number that orders as they do; zeros, which no key holds, stand for what a shorter one
// lacks. `room`: bytes of text from there on, the closing quote among them.
inline uint64_t start_of(const uint8_t *s, uint32_t size, size_t room) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they lie");
    constexpr uint64_t all = ~uint64_t(0);
    static const uint64_t kept[] = {0, all << 56, all << 48, all << 40, all << 32, all << 24, all << 16, all << 8, all};
    if (room < 8) {
        uint64_t word = 0;
        for (uint32_t i = 0; i < size; ++i) word |= uint64_t(s[i]) << (56 - 8 * i);
        return word;
    }
    uint64_t word;
    memcpy(&word, s, 8);
    return __builtin_bswap64(word) & kept[size < 8 ? size : 8];
}

// Whether the two bytes at `s` are these.
inline bool is_pair(const uint8_t *s, uint8_t first, uint8_t second) {
    uint16_t pair;
    memcpy(&pair, s, 2);
    return pair == (first | second << 8);
}

// Writes a node of one value without others in it. The last three fields in one word, as they lie.
inline void put(csj_node *node, uint32_t start, uint32_t end, uint64_t kind, uint64_t flags) {
    const uint64_t rest = 1 | kind << 32 | flags << 40;
    node->start = start;
    node->end = end;
    memcpy(&node->next, &rest, 8);
}

// Where the first backslash at or behind `from` is; `length` if there is none.
uint32_t backslash_behind(const uint8_t *text, uint32_t from, uint32_t length) {
    const void *const found = memchr(text + from, '\\', length - from);
    return found ? uint32_t(static_cast<const uint8_t *>(found) - text) : length;
}

// The container that is being read. `canonical` says whether anything in it has shown that it is not.
struct Level {
    csj_node *node;
    const csj_node *key;  // its latest one, null before the first
    uint64_t key_start;   // what that starts with, 0 before the first
    uint8_t closing;      // the bracket that ends it
    bool canonical;
};

// What the walk over one document came to. RETRY: it is not compact, or not JSON; the loose walk tells which.
enum { RETRY = -1 };

// Indexes the document that starts at token `t`. Strict: as long as every token stands right behind the one before, as in
// compact JSON, which is what nearly all events are; at the first gap or doubt it returns RETRY. Otherwise white space may
// stand anywhere, and errors are told. `Escapes`: there are backslashes somewhere in the text.
//
// Strict takes only what starts with a bracket, in text whose last token is a closing one. So there is a token behind every other one,
// and whether one follows is asked behind closing brackets alone.
//
// A state machine with its state in the program counter; `at` is where the token to be read stands, `end` where the one before ended.
template <bool Strict, bool Escapes>
[[gnu::noinline]] int walk(csj_parser *p, uint32_t &t_out, uint32_t &n_out, int *escaped_key) {
    constexpr int failure = Strict ? int(RETRY) : int(CSJ_SYNTAX);
    const uint8_t *const text = p->text;
    const uint32_t *const index = p->parser.implementation->structural_indexes.get();
    const uint32_t *const last = index + p->tokens;
    const uint32_t length = uint32_t(p->length);
    const uint32_t *at_token = index + t_out;
    csj_node *const nodes = p->nodes.get();
    csj_node *node = nodes;
    uint32_t at = *at_token;
    uint32_t end = at;
    // The next one. Outside of strings none is JSON, so where a string ends behind it, it is inside.
    uint32_t backslash = Escapes ? backslash_behind(text, at, length) : length;
    Level stack[CSJ_MAX_DEPTH + 1];
    Level *level = stack;
    *level = {nullptr, nullptr, 0, 0, true};
    if (Strict && text[at] != '{' && text[at] != '[') return RETRY;

    // Whether the token at `at` stands where it must; in the loose walk a gap costs the container its canonical form.
#define CSJ_ADJACENT(at)                                    \
    do {                                                    \
        if ((at) != end) {                                  \
            if (Strict) return RETRY;                       \
            level->canonical = false;                       \
        }                                                   \
    } while (0)

    // One past the last byte of the scalar that starts at `token`, which is not the last one if strict. The walk over tokens is bounded
    // by `last`; behind it simdjson keeps an entry that holds the length.
    const auto scalar_end = [=](const uint32_t *token) {
        if (Strict) return token[1];
        uint32_t e = token + 1 < last ? token[1] : length;
        while (is_space(text[e - 1])) --e;
        return e;
    };

value:
    if (!Strict && at_token >= last) return failure;
    at = *at_token;
    CSJ_ADJACENT(at);
    if (__builtin_expect(text[at] == '"', 1)) {
        end = scalar_end(at_token);
        // No token stands inside a string, so if strict the next one lies behind the closing quote.
        if (text[end - 1] != '"' || (!Strict && end < at + 2)) return failure;
        uint8_t flags = CSJ_FLAG_CANONICAL;
        if (Escapes && backslash < end) {
            bool least = true;
            if (!escapes_ok(text + at + 1, text + end - 1, least)) return failure;
            flags = least ? CSJ_FLAG_ESCAPED | CSJ_FLAG_CANONICAL : CSJ_FLAG_ESCAPED;
            if (!least) level->canonical = false;
            backslash = backslash_behind(text, end, length);
        }
        put(node++, at + 1, end - 1, CSJ_STRING, flags);
        goto scalar;
    }
    switch (text[at]) {
    case '{':
        if (level == stack + CSJ_MAX_DEPTH) return CSJ_DEPTH;
        *++level = {node, nullptr, 0, '}', true};
        put(node++, at, 0, CSJ_OBJECT, 0);
        end = at + 1;
        ++at_token;
        if (!Strict && at_token >= last) return failure;
        at = *at_token;
        if (text[at] != '}') goto key;
        CSJ_ADJACENT(at);
        goto close;
    case '[':
        if (level == stack + CSJ_MAX_DEPTH) return CSJ_DEPTH;
        *++level = {node, nullptr, 0, ']', true};
        put(node++, at, 0, CSJ_ARRAY, 0);
        end = at + 1;
        ++at_token;
        if (!Strict && at_token >= last) return failure;
        at = *at_token;
        if (text[at] != ']') goto value;
        CSJ_ADJACENT(at);
        goto close;
    case 't': case 'f': case 'n': {
        end = scalar_end(at_token);
        const int kind = word_kind(text + at, end - at);
        if (!kind) return failure;
        put(node++, at, end, kind, CSJ_FLAG_CANONICAL);
        goto scalar;
    }
    default: {
        end = scalar_end(at_token);
        const bool digit = end - at == 1 && is_digit(text[at]);
        if (!digit && !is_number(text + at, text + end)) return failure;
        put(node++, at, end, CSJ_NUMBER, CSJ_FLAG_CANONICAL);
    }
    }

scalar:
    ++at_token;
    if (Strict) {
        at = end;
        goto behind;
    }

after:
    if (level == stack) {
        t_out = uint32_t(at_token - index);
        n_out = uint32_t(node - nodes);
        return CSJ_OK;
    }
    if (at_token >= last) return failure;
    at = *at_token;
    CSJ_ADJACENT(at);

behind:
    if (text[at] == ',') {
        end = at + 1;
        ++at_token;
        if (level->closing != '}') goto value;
        if (!Strict && at_token >= last) return failure;
        at = *at_token;
        goto key;
    }
    if (text[at] != level->closing) return failure;

close:
    end = at + 1;
    ++at_token;
    level->node->end = end;
    level->node->next = uint32_t(node - level->node);
    if (level->canonical) level->node->flags = CSJ_FLAG_CANONICAL;
    else level[-1].canonical = false;
    --level;
    goto after;

key: {
    CSJ_ADJACENT(at);
    if (text[at] != '"' || (!Strict && at_token + 1 >= last)) return failure;
    const uint32_t colon = at_token[1];
    const uint32_t e = scalar_end(at_token);
    if (Strict ? !is_pair(text + e - 1, '"', ':') : text[colon] != ':' || text[e - 1] != '"' || e < at + 2) return failure;
    const uint32_t start = at + 1, size = e - at - 2;
    uint8_t flags = CSJ_FLAG_KEY | CSJ_FLAG_CANONICAL;
    if (Escapes && backslash < e) {
        // Keys sort by what they mean, which is not looked at here.
        bool least = true;
        backslash = backslash_behind(text, e, length);
        if (!escapes_ok(text + start, text + start + size, least)) return failure;
        flags = CSJ_FLAG_KEY | CSJ_FLAG_ESCAPED;
        level->canonical = false;
        *escaped_key = 1;
    }
    const uint64_t key_start = start_of(text + start, size, length - start);
    if (key_start <= level->key_start && level->key) {
        const csj_node &before = *level->key;
        if (key_start < level->key_start || !ascends(text + before.start, before.end - before.start, text + start, size)) {
            level->canonical = false;
        }
    }
    level->key = node;
    level->key_start = key_start;
    put(node++, start, start + size, CSJ_STRING, flags);
    if (!Strict && colon != e) level->canonical = false;
    end = colon + 1;
    at_token += 2;
    goto value;
}
#undef CSJ_ADJACENT
}

}  // namespace

int csj_next(csj_parser *p, const csj_node **out, size_t *count, int *escaped_key) {
    *escaped_key = 0;
    uint32_t t = p->token;
    if (t >= p->tokens) return CSJ_EMPTY;
    p->token = p->tokens;  // where an error leaves it
    uint32_t n = 0;
    int code = RETRY;
    if (p->closes) code = p->backslashes ? walk<true, true>(p, t, n, escaped_key) : walk<true, false>(p, t, n, escaped_key);
    if (code == RETRY) {
        *escaped_key = 0;
        code = walk<false, true>(p, t, n, escaped_key);
    }
    if (code != CSJ_OK) return code;
    p->token = t;
    *out = p->nodes.get();
    *count = n;
    return CSJ_OK;
}
