/* SPDX-License-Identifier: MIT */
/*
 * One call under all policies: fallback(retry(breaker(timeout(call)))), built once.
 *
 *     cc policy.c $(pkg-config --cflags --libs libmsvc-core) -o policy && ./policy
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

#include <msvc/breaker.h>
#include <msvc/call.h>
#include <msvc/policy.h>
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

static int call_twice(const struct msvc_policy *policy)
{
    char apple[] = "apple";
    char pear[] = "pear";

    return msvc_call(policy, ask_for_stock, apple, NULL) != 42 ||
           msvc_call(policy, ask_for_stock, pear, NULL) != 0;
}

int main(void)
{
    struct msvc_breaker *breaker = NULL;
    struct msvc_retry_budget *budget = NULL;
    struct msvc_policy *policy = NULL;
    int failed = 1;

    if (msvc_breaker_new(&breaker, NULL) == 0 && msvc_retry_budget_new(&budget, NULL) == 0 &&
        msvc_policy_new(
            &policy,
            MSVC_POLICY_OPTIONS(.timeout_ms = 3000, .total_ms = 10000, .breaker = breaker,
                                .budget = budget, .fallback = last_known_stock,
                                .retry = MSVC_RETRY_OPTIONS(.attempts = 4, .base_ms = 10))) == 0)
        failed = call_twice(policy);
    msvc_policy_free(policy);
    msvc_retry_budget_free(budget);
    msvc_breaker_free(breaker);
    return failed;
}
