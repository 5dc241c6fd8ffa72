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

inline int hex(uint8_t c) {
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Whether every backslash of [s, e) starts an escape of RFC 8259, section 7.
bool escapes_ok(const uint8_t *s, const uint8_t *e) {
    while ((s = static_cast<const uint8_t *>(memchr(s, '\\', size_t(e - s)))) != nullptr) {
        if (++s == e) return false;
        if (*s == 'u') {
            if (e - s < 5) return false;
            for (int i = 1; i <= 4; ++i) if (hex(s[i]) < 0) return false;
            s += 5;
        } else {
            if (!strchr("\"\\/bfnrt", *s) || *s == 0) return false;
            ++s;
        }
    }
    return true;
}

// Whether key a sorts before key b, and is not the same. Keys are short and mostly differ early: no call for that.
inline bool ascends(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size) {
    const uint32_t shared = a_size < b_size ? a_size : b_size;
    for (uint32_t i = 0; i < shared; ++i) {
        if (a[i] != b[i]) return a[i] < b[i];
    }
    return a_size < b_size;
}

// The container that is being read.
struct Level {
    uint32_t node;
    uint32_t key_start, key_size;  // its latest key; size and start 0 before the first
    bool object;
    bool canonical;  // so far
};

inline csj_node make(uint32_t start, uint32_t end, uint32_t next, uint8_t kind, uint8_t flags) {
    return {start, end, next, kind, flags, 0};
}

}  // namespace

// A state machine with its state in the program counter: `value`, `after` a value, `key`, `close`. `end` is where the token
// before ended; a gap up to the next one is white space, which is not canonical.
int csj_next(csj_parser *p, const csj_node **out, size_t *count, int *escaped_key) {
    const uint8_t *const text = p->text;
    const uint32_t *const index = p->parser.implementation ? p->parser.implementation->structural_indexes.get() : nullptr;
    const uint32_t tokens = p->tokens;
    uint32_t t = p->token;
    *escaped_key = 0;
    if (t >= tokens) return CSJ_EMPTY;
    p->token = tokens;  // where an error leaves it

    csj_node *const nodes = p->nodes.get();
    const bool backslashes = p->backslashes;
    const uint32_t length = uint32_t(p->length);
    uint32_t n = 0;
    uint32_t end = index[t];
    Level stack[CSJ_MAX_DEPTH];
    int depth = 0;
    Level level = {0, 0, 0, false, true};
    uint32_t at;

    // One past the last byte of the scalar that starts at a token.
    const auto scalar_end = [=](uint32_t token) {
        uint32_t e = token + 1 < tokens ? index[token + 1] : length;
        while (is_space(text[e - 1])) --e;
        return e;
    };

value:
    if (t >= tokens) return CSJ_SYNTAX;
    at = index[t];
    level.canonical &= at == end;
    switch (text[at]) {
    case '"': {
        const uint32_t e = scalar_end(t);
        if (e < at + 2 || text[e - 1] != '"') return CSJ_SYNTAX;
        uint8_t flags = CSJ_FLAG_CANONICAL;
        if (backslashes && memchr(text + at + 1, '\\', e - at - 2)) {
            if (!escapes_ok(text + at + 1, text + e - 1)) return CSJ_SYNTAX;
            flags = CSJ_FLAG_ESCAPED;
            level.canonical = false;
        }
        nodes[n] = make(at + 1, e - 1, n + 1, CSJ_STRING, flags);
        end = e;
        break;
    }
    case '{': case '[': {
        if (depth == CSJ_MAX_DEPTH) return CSJ_DEPTH;
        const bool object = text[at] == '{';
        nodes[n] = make(at, 0, 0, object ? CSJ_OBJECT : CSJ_ARRAY, 0);
        stack[depth++] = level;
        level = {n, 0, 0, object, true};
        ++n;
        end = at + 1;
        if (++t >= tokens) return CSJ_SYNTAX;
        at = index[t];
        if (text[at] == (object ? '}' : ']')) goto close;
        if (object) goto key;
        goto value;
    }
    case 't': case 'f': case 'n': {
        const uint32_t e = scalar_end(t);
        const char *word = text[at] == 't' ? "true" : text[at] == 'f' ? "false" : "null";
        const uint32_t size = text[at] == 'f' ? 5 : 4;
        if (e - at != size || memcmp(text + at, word, size)) return CSJ_SYNTAX;
        const uint8_t kind = text[at] == 't' ? CSJ_TRUE : text[at] == 'f' ? CSJ_FALSE : CSJ_NULL;
        nodes[n] = make(at, e, n + 1, kind, CSJ_FLAG_CANONICAL);
        end = e;
        break;
    }
    default: {
        const uint32_t e = scalar_end(t);
        if (!is_number(text + at, text + e)) return CSJ_SYNTAX;
        nodes[n] = make(at, e, n + 1, CSJ_NUMBER, CSJ_FLAG_CANONICAL);
        end = e;
    }
    }
    ++n;
    ++t;

after:
    if (depth == 0) {
        p->token = t;
        *out = nodes;
        *count = n;
        return CSJ_OK;
    }
    if (t >= tokens) return CSJ_SYNTAX;
    at = index[t];
    if (text[at] == ',') {
        level.canonical &= at == end;
        end = at + 1;
        ++t;
        if (level.object) goto key;
        goto value;
    }
    if (text[at] != (level.object ? '}' : ']')) return CSJ_SYNTAX;

close:
    level.canonical &= at == end;
    end = at + 1;
    ++t;
    {
        csj_node &node = nodes[level.node];
        node.end = end;
        node.next = n;
        node.flags = level.canonical ? CSJ_FLAG_CANONICAL : 0;
        const bool canonical = level.canonical;
        level = stack[--depth];
        level.canonical &= canonical;
    }
    goto after;

key:
    if (t + 1 >= tokens) return CSJ_SYNTAX;
    at = index[t];
    {
        const uint32_t colon = index[t + 1];
        if (text[at] != '"' || text[colon] != ':') return CSJ_SYNTAX;
        const uint32_t e = scalar_end(t);
        if (e < at + 2 || text[e - 1] != '"') return CSJ_SYNTAX;
        const uint32_t start = at + 1, size = e - at - 2;
        uint8_t flags = CSJ_FLAG_CANONICAL;
        if (backslashes && memchr(text + start, '\\', size)) {
            if (!escapes_ok(text + start, text + start + size)) return CSJ_SYNTAX;
            flags = CSJ_FLAG_ESCAPED;
            level.canonical = false;
            *escaped_key = 1;
        }
        nodes[n] = make(start, start + size, n + 1, CSJ_STRING, flags);
        ++n;
        level.canonical &= (at == end) & (colon == e);
        if (level.canonical && level.key_start) {
            level.canonical = ascends(text + level.key_start, level.key_size, text + start, size);
        }
        level.key_start = start;
        level.key_size = size;
        end = colon + 1;
        t += 2;
    }
    goto value;
}
