#pragma once
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

// What Swift cannot import: macros, and an error queue that has to be empty before each call.

static inline const char *converge_tls_failure(char *reason, size_t size) {
    unsigned long code = ERR_get_error();
    if (code) ERR_error_string_n(code, reason, size);
    else snprintf(reason, size, "no reason is given");
    ERR_clear_error();
    return reason;
}

// TLS 1.2 and up, with this certificate, those above it, and its key, all in PEM. NULL with `reason` where they do not fit.
static inline SSL_CTX *converge_tls_context(const char *certificate, const char *key, char *reason, size_t size) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1
        && SSL_CTX_use_certificate_chain_file(context, certificate) == 1
        && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(context) == 1) {
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
        return context;
    }
    converge_tls_failure(reason, size);
    SSL_CTX_free(context);
    return NULL;
}

static inline SSL *converge_tls_begin(SSL_CTX *context, int descriptor) {
    SSL *session = SSL_new(context);
    if (session && SSL_set_fd(session, descriptor) == 1) return session;
    SSL_free(session);
    ERR_clear_error();
    return NULL;
}

// 0: the socket has to be waited for. -1: it is over.
static inline int converge_tls_result(SSL *session, int result) {
    if (result > 0) return result;
    int error = SSL_get_error(session, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static inline int converge_tls_accept(SSL *session) {
    ERR_clear_error();
    return converge_tls_result(session, SSL_accept(session));
}

static inline int converge_tls_read(SSL *session, void *bytes, int most) {
    ERR_clear_error();
    return converge_tls_result(session, SSL_read(session, bytes, most));
}

static inline int converge_tls_write(SSL *session, const void *bytes, int count) {
    ERR_clear_error();
    return converge_tls_result(session, SSL_write(session, bytes, count));
}

// `orderly`: tells the client that nothing follows.
static inline void converge_tls_end(SSL *session, int orderly) {
    ERR_clear_error();
    if (orderly) SSL_shutdown(session);
    ERR_clear_error();
    SSL_free(session);
}
