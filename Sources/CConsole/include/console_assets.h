#pragma once

#include <stddef.h>

/// A file of the console, as it stands in the tree. All of it lives as long as the process.
typedef struct {
    /// Its path below `web`.
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t size;
} console_asset;

/// Every file of the console; `index.html` is the first. `count` is how many there are.
const console_asset *console_assets(size_t *count);
