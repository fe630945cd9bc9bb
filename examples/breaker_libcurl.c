/* SPDX-License-Identifier: MIT */
/*
 * A circuit breaker around a libcurl call that exists already.
 *
 *     cc breaker_libcurl.c $(pkg-config --cflags --libs libmsvc-core libcurl) -o breaker_libcurl
 *     ./breaker_libcurl http://127.0.0.1:1/
 *
 * With nothing listening there, it prints five failures and then
 *
 *     call 6: rejected by the breaker, using the fallback
 */
#include <stdio.h>

#include <curl/curl.h>

#include <msvc/breaker.h>

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data;
    (void)user;
    return size * count;
}

/* The call as it was, with three lines around it. */
static void fetch(CURL *curl, struct msvc_breaker *breaker, int call)
{
    struct msvc_permit permit;
    CURLcode code;

    if (msvc_breaker_begin(breaker, 0, &permit) < 0) {
        printf("call %d: rejected by the breaker, using the fallback\n", call);
        return;
    }
    code = curl_easy_perform(curl);
    msvc_breaker_end(breaker, &permit,
                     code == CURLE_OK ? MSVC_OUTCOME_SUCCESS : MSVC_OUTCOME_FAILURE, 0, 0);
    printf("call %d: %s\n", call, code == CURLE_OK ? "ok" : curl_easy_strerror(code));
}

int main(int argc, char **argv)
{
    struct msvc_breaker *breaker;
    CURL *curl = curl_easy_init();

    if (curl == NULL || msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.open_ms = 30000)) < 0)
        return 1;
    (void)curl_easy_setopt(curl, CURLOPT_URL, argc > 1 ? argv[1] : "http://127.0.0.1:1/");
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 3000L);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);

    for (int call = 1; call <= 6; call++)
        fetch(curl, breaker, call);

    msvc_breaker_free(breaker);
    curl_easy_cleanup(curl);
    return 0;
}
