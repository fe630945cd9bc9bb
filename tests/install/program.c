/* SPDX-License-Identifier: MIT */
/* A stranger's program: opens a breaker and says so. */
#include <stdio.h>

#include <msvc/breaker.h>

int main(void)
{
    struct msvc_breaker *breaker;
    struct msvc_permit permit;

    if (msvc_breaker_new(&breaker, MSVC_BREAKER_OPTIONS(.failure_streak = 1)) < 0 ||
        msvc_breaker_begin(breaker, 0, &permit) < 0)
        return 1;
    msvc_breaker_end(breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
    if (msvc_breaker_begin(breaker, 0, &permit) == 0)
        return 1;
    puts("the breaker is open");
    msvc_breaker_free(breaker);
    return 0;
}
