// What Amazon Linux 2023 has in another version than the machine that builds: see amazon_linux.c. Nothing here is called by Swift.
#ifndef CONVERGE_AMAZON_LINUX_H
#define CONVERGE_AMAZON_LINUX_H

float hypotf(float x, float y);

#endif
