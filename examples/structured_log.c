/* SPDX-License-Identifier: MIT */
/*
 * A structured log: one record is one line of JSON, whatever bytes come in.
 *
 *     cc structured_log.c $(pkg-config --cflags --libs libmsvc-core) -o structured_log
 *     ./structured_log
 *
 * prints (a clock that stands still makes it the same every time)
 *
 *     {"timestamp":"2026-11-22T10:13:00.000000000Z","level":"INFO","message":"sold","total":42}
 *     {"timestamp":"2026-11-22T10:13:00.000000000Z","level":"WARN","message":"odd","name":"\n�"}
 */
#include <msvc/clock.h>
#include <msvc/log.h>

static int64_t always_the_same(void *user)
{
    (void)user;
    return INT64_C(1795342380000000000);
}

int main(void)
{
    struct msvc_clock clock = { .wall_ns = always_the_same };
    struct msvc_log *log;

    if (msvc_log_new(&log, MSVC_LOG_OPTIONS(.clock = &clock)) < 0)
        return 1;
    msvc_log_info(log, "sold", MSVC_I64("total", 42));
    msvc_log_warn(log, "odd", MSVC_STR("name", "\n\xff"));
    msvc_log_debug(log, "below the level: not even formatted", MSVC_STR("nobody", "sees this"));
    msvc_log_free(log);
    return 0;
}
