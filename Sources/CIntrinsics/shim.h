#pragma once
// What Swift has no spelling for: processor hints, and glibc's malloc.h.
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// Asks for the cache line at `address`, to be read soon. Any address will do.
static inline void converge_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

// Has malloc give buffers of `large` bytes and above back to the system when they are freed, and the end of the heap when so much of
// it is free. Before there are threads; nothing where the C library is not glibc.
static inline void converge_malloc_give_back(int large, int free_max) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_TRIM_THRESHOLD, free_max);
#else
    (void)large, (void)free_max;
#endif
}
