#pragma once
#include <curl/curl.h>

// libcurl's setters and getters are variadic, which Swift cannot import: a wrapper for each type of argument.

typedef size_t (*converge_curl_take)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode converge_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_set_take(CURL *easy, CURLoption option, converge_curl_take value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode converge_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode converge_curl_get_pointer(CURL *easy, CURLINFO info, void *value) {
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLMcode converge_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
