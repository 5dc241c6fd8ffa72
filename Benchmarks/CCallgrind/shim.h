#pragma once
// Requests to callgrind. They are a few instructions that do nothing anywhere else; without valgrind's header they are not even that.
#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define CONVERGE_CALLGRIND 1
#endif
#endif

// Whether valgrind runs this program, and takes requests.
static inline int converge_on_valgrind(void) {
#ifdef CONVERGE_CALLGRIND
    return RUNNING_ON_VALGRIND > 0;
#else
    return 0;
#endif
}

// Begins or ends counting.
static inline void converge_toggle_counting(void) {
#ifdef CONVERGE_CALLGRIND
    CALLGRIND_TOGGLE_COLLECT;
#endif
}

// Forgets what was counted since the last dump.
static inline void converge_zero_counts(void) {
#ifdef CONVERGE_CALLGRIND
    CALLGRIND_ZERO_STATS;
#endif
}

// Writes what was counted since the last dump as a part of its own, under a name, and goes on from zero.
static inline void converge_dump_counts(const char *name) {
#ifdef CONVERGE_CALLGRIND
    CALLGRIND_DUMP_STATS_AT(name);
#else
    (void)name;
#endif
}
