#pragma once
// The one-shot EVP calls of OpenSSL 3 fetch their algorithm at every call, which costs more than hashing a kilobyte does;
// the SHA256_* and MD5_* functions do not, and are deprecated only in name.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <openssl/md5.h>
