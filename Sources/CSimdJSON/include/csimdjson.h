#pragma once
// A flat index of JSON text, made by simdjson's SIMD tokenizer (stage 1: UTF-8 check, string and structure detection)
// and one walk over the tokens that it finds. Nothing is copied and no number is converted: a node is a slice of the text.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csj_parser csj_parser;

enum { CSJ_OBJECT = 1, CSJ_ARRAY, CSJ_STRING, CSJ_NUMBER, CSJ_TRUE, CSJ_FALSE, CSJ_NULL };

enum {
    CSJ_FLAG_CANONICAL = 1,  // the text of the node is compact, sorted, without duplicate keys and with the least escaping, none in keys
    CSJ_FLAG_ESCAPED = 2,    // a string or key that holds a backslash
    CSJ_FLAG_KEY = 4,        // a member's name
};

// In depth-first order. The members of an object are pairs of nodes: the key (a CSJ_STRING), then its value.
typedef struct {
    uint32_t start;  // first byte of the node's text; of a string: the byte after its opening quote
    uint32_t end;    // one past its last byte; of a string: its closing quote
    uint32_t next;   // how many nodes on the one is that follows this one and everything in it
    uint8_t kind;
    uint8_t flags;
    uint16_t reserved;
} csj_node;

enum {
    CSJ_OK = 0,
    CSJ_EMPTY,      // nothing but white space
    CSJ_UTF8,       // not UTF-8
    CSJ_SYNTAX,     // not JSON
    CSJ_DEPTH,      // nested deeper than CSJ_MAX_DEPTH
    CSJ_TOO_LARGE,  // over 4 GiB, or out of memory
};

enum { CSJ_MAX_DEPTH = 512 };

csj_parser *csj_parser_create(void);
void csj_parser_destroy(csj_parser *parser);

// Tokenizes `length` bytes, which may hold several documents one after the other. The text must stay where it is until
// the last csj_next. No byte beyond `length` is read. Cost: about 0.3 ns a byte.
int csj_begin(csj_parser *parser, const uint8_t *text, size_t length);

// Indexes the next document. CSJ_EMPTY after the last one. The nodes stay valid until the next call on this parser that
// returns anything but CSJ_EMPTY.
// After CSJ_SYNTAX and CSJ_DEPTH the rest of the text is not looked at. Cost: about 2 ns a token.
int csj_next(csj_parser *parser, const csj_node **nodes, size_t *count, int *escaped_key);

#ifdef __cplusplus
}
#endif
