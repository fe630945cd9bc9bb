/* SPDX-License-Identifier: MIT */
/*
 * One call under all policies: fallback(retry(breaker(timeout(call)))).
 *
 *     cc retry_call.c $(pkg-config --cflags --libs libmsvc-core) -o retry_call && ./retry_call
 *
 * prints
 *
 *     attempt 1: no answer
 *     attempt 2: no answer
 *     attempt 3: 42 in stock
 *     attempt 1: no such article
 *     using the last known stock after NOT_FOUND
 */
#include <stdio.h>

#include <msvc/call.h>
#include <msvc/retry.h>
#include <msvc/status.h>

/* A peer that is not reachable at first, then knows one article. */
static int ask_for_stock(struct msvc_attempt *attempt, void *user)
{
    const char *article = user;

    if (article[0] != 'a') {
        printf("attempt %u: no such article\n", attempt->number);
        return MSVC_ERR_NOT_FOUND;
    }
    if (attempt->number < 3) {
        printf("attempt %u: no answer\n", attempt->number);
        return MSVC_ERR_UNAVAILABLE;
    }
    printf("attempt %u: 42 in stock\n", attempt->number);
    return 42;
}

static int last_known_stock(int status, void *user)
{
    (void)user;
    printf("using the last known stock after %s\n", msvc_status_name(status));
    return 0;
}

static int stock_of(struct msvc_breaker *breaker, char *article)
{
    return msvc_call(ask_for_stock, article,
                     MSVC_CALL_OPTIONS(.timeout_ms = 3000, .total_ms = 10000, .breaker = breaker,
                                       .retry = MSVC_RETRY_OPTIONS(.attempts = 4, .base_ms = 10),
                                       .fallback = last_known_stock));
}

int main(void)
{
    struct msvc_breaker *breaker;
    char apple[] = "apple";
    char pear[] = "pear";
    int failed;

    if (msvc_breaker_new(&breaker, NULL) < 0)
        return 1;
    failed = stock_of(breaker, apple) != 42 || stock_of(breaker, pear) != 0;
    msvc_breaker_free(breaker);
    return failed;
}
