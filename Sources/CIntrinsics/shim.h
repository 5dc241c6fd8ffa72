#pragma once
// Processor hints that Swift has no spelling for.

// Asks for the cache line at `address`, to be read soon. Any address will do.
static inline void converge_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }
