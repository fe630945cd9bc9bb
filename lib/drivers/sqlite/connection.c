/* SPDX-License-Identifier: MIT */
/*
 * A connection waits for other writers by its own busy handler, because
 * SQLite's knows a duration and we know a deadline as well.
 */
#include "drivers/sqlite/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"

#define NS_PER_MS          1000000
#define MOST_BUSY_MS       3600000
#define PROGRESS_STEPS     10000
#define MOST_BUSY_PAUSE_MS 20

static int is_late(void *user)
{
    struct msvc__sqlite *c = user;

    return c->deadline_ns != 0 && msvc_clock_monotonic_ns(c->clock) >= c->deadline_ns;
}

static void pause_ms(long ms)
{
    struct timespec pause = { 0, ms * NS_PER_MS };

    (void)nanosleep(&pause, NULL);
}

/* Returns 0 to give up. */
static int on_busy(void *user, int attempt)
{
    struct msvc__sqlite *c = user;

    if (msvc_clock_monotonic_ns(NULL) >= c->busy_until_ns || is_late(c))
        return 0;
    pause_ms(attempt < MOST_BUSY_PAUSE_MS ? attempt + 1 : MOST_BUSY_PAUSE_MS);
    return 1;
}

void msvc__sqlite_limit(struct msvc__sqlite *c, uint64_t deadline_ns)
{
    c->deadline_ns = deadline_ns;
    c->busy_until_ns = msvc_deadline_in(NULL, (int64_t)c->busy_ms);
}

static int check_path(const struct msvc_url *url, struct msvc_error *err)
{
    const char *path = msvc_url_path(url);

    if (msvc_url_host_count(url) > 0 && msvc_url_host(url, 0)->name[0] != '\0')
        return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                              "found the host \"%s\", expected sqlite:path/to/file.db",
                              msvc_url_host(url, 0)->name);
    if (path[0] == '\0' || path[0] == ':')
        return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                              "found the path \"%s\", expected a file that connections can share",
                              path);
    return 0;
}

static int busy_ms(uint64_t *out, const struct msvc_url *url, unsigned timeout_ms,
                   struct msvc_error *err)
{
    return msvc_url_query_number(out, url, "busy_ms", timeout_ms, 0, MOST_BUSY_MS, err);
}

int msvc__sqlite_check_url(const struct msvc_url *url, unsigned timeout_ms, struct msvc_error *err)
{
    static const char *const known[] = { "busy_ms", NULL };
    uint64_t ignored;
    int status = check_path(url, err);

    if (status == 0)
        status = msvc_url_check_query(url, known, err);
    if (status == 0)
        status = busy_ms(&ignored, url, timeout_ms, err);
    return status;
}

/* SQLite does not ask the busy handler while another process switches as well. */
static int use_wal(struct msvc__sqlite *c, struct msvc_error *err)
{
    int code;

    do {
        code = sqlite3_exec(c->database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_BUSY)
            pause_ms(1);
    } while (code == SQLITE_BUSY && msvc_clock_monotonic_ns(NULL) < c->busy_until_ns);
    return code == SQLITE_OK ? 0 : msvc__sqlite_error(c, code, err);
}

static int configure(struct msvc__sqlite *c, struct msvc_error *err)
{
    int status;
    int code;

    (void)sqlite3_extended_result_codes(c->database, 1);
    (void)sqlite3_busy_handler(c->database, on_busy, c);
    sqlite3_progress_handler(c->database, PROGRESS_STEPS, is_late, c);
    status = use_wal(c, err);
    if (status < 0)
        return status;
    code = sqlite3_exec(c->database, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", NULL,
                        NULL, NULL);
    return code == SQLITE_OK ? 0 : msvc__sqlite_error(c, code, err);
}

static int open_file(struct msvc__sqlite *c, const char *path, struct msvc_error *err)
{
    int code = sqlite3_open_v2(
        path, &c->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (c->database == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", code, "no memory for a connection");
    if (code != SQLITE_OK) {
        int status = msvc__sqlite_error(c, code, err);

        msvc_error_prefix(err, "%s", path);
        return status;
    }
    return configure(c, err);
}

int msvc__sqlite_open(struct msvc__sqlite **out, const struct msvc_url *url, unsigned timeout_ms,
                      const struct msvc_clock *clock, struct msvc_error *err)
{
    struct msvc__sqlite *c = msvc__new(sizeof(*c));
    int status;

    if (c == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for a connection");
    c->clock = clock;
    status = busy_ms(&c->busy_ms, url, timeout_ms, err);
    if (status == 0) {
        msvc__sqlite_limit(c, 0);
        status = open_file(c, msvc_url_path(url), err);
    }
    if (status < 0) {
        msvc__sqlite_close(c);
        return status;
    }
    *out = c;
    return 0;
}

void msvc__sqlite_close(struct msvc__sqlite *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < MSVC__SQLITE_STATEMENTS; i++)
        (void)sqlite3_finalize(c->statements[i]);
    if (!c->is_borrowed)
        (void)sqlite3_close(c->database);
    free(c);
}
