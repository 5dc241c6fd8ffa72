#pragma once
// The one-shot EVP calls of OpenSSL 3 fetch their algorithm at every call, which costs more than hashing a kilobyte does;
// the SHA256_* and MD5_* functions do not, and are deprecated only in name.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <openssl/md5.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

// A macro of macros, which Swift does not see.
static const int converge_evp_public_key = EVP_PKEY_PUBLIC_KEY;
