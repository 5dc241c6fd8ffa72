// Debian's glibc gave hypotf a new version, GLIBC_2.35, which the Swift runtime then asks for and Amazon Linux 2023 (2.34) does not have. Floats
// have no square that a double cannot hold, so this one needs no more than that.
#include "amazon_linux.h"

#include <math.h>

float hypotf(float x, float y) {
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt((double)x * x + (double)y * y);
}
