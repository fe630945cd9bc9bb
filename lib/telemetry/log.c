/* SPDX-License-Identifier: MIT */
/*
 * A record is formatted on the caller's stack and written with one call, so
 * that loggers need no lock and no memory: the kernel keeps lines whole. A
 * descriptor that takes no more loses the record rather than the time of the
 * caller.
 */
#include <msvc/log.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/json.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "base/file_internal.h"
#include "base/options_internal.h"
#include "telemetry/log_line_internal.h"

#define LEVELS_PER_NAME 4

struct msvc_log {
    struct msvc_log_options options; /* constant after new(); its strings are in names */
    char names[MSVC__LOG_NAMES_SIZE];
    size_t names_length;

    _Atomic int level;
    _Atomic uint64_t lost;
    _Atomic bool is_torn; /* the descriptor took half a line: the next one begins with a break */
};

static const char *const level_names[] = {
    "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"
};

static const size_t level_count = sizeof(level_names) / sizeof(level_names[0]);

const char *msvc_log_level_name(enum msvc_log_level level)
{
    int number = (int)level;
    size_t index = number > 0 ? (size_t)(number - 1) / LEVELS_PER_NAME : 0;

    return level_names[index < level_count ? index : level_count - 1];
}

int msvc_log_level_parse(enum msvc_log_level *out, const char *name)
{
    if (out == NULL || name == NULL)
        return MSVC_ERR_INVALID;
    for (size_t i = 0; i < level_count; i++) {
        if (strcasecmp(name, level_names[i]) == 0) {
            *out = (enum msvc_log_level)(i * LEVELS_PER_NAME + 1);
            return 0;
        }
    }
    return MSVC_ERR_INVALID;
}

/* "{…}" without its braces and with a comma before, as it stands in every line. */
static int write_names(struct msvc_log *log)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;
    int status;

    msvc_json_writer_init(&w, &text);
    msvc_json_begin_object(&w);
    if (log->options.service_name != NULL)
        msvc_json_member_text(&w, "service", log->options.service_name);
    if (log->options.service_instance != NULL)
        msvc_json_member_text(&w, "instance", log->options.service_instance);
    msvc_json_end_object(&w);
    status = msvc_json_writer_status(&w);
    if (status == 0 && text.length > sizeof(log->names))
        status = MSVC_ERR_LIMIT;
    if (status == 0 && text.length > 2) {
        log->names_length = text.length - 1;
        log->names[0] = ',';
        memcpy(log->names + 1, text.data + 1, text.length - 2);
    }
    msvc_buffer_clear(&text);
    return status;
}

static int take_options(struct msvc_log *log, const struct msvc_log_options *options)
{
    int status = msvc__options_copy(&log->options, sizeof(log->options), options);

    if (status < 0)
        return status;
    if (log->options.fd < 0 || (int)log->options.level < 0)
        return MSVC_ERR_INVALID;
    if (log->options.fd == 0)
        log->options.fd = STDOUT_FILENO;
    msvc_log_set_level(log, log->options.level > 0 ? log->options.level : MSVC_LOG_INFO);
    status = write_names(log);
    log->options.service_name = NULL;
    log->options.service_instance = NULL;
    return status;
}

int msvc_log_new(struct msvc_log **out, const struct msvc_log_options *options)
{
    struct msvc_log *log;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    log = msvc__new(sizeof(*log));
    if (log == NULL)
        return MSVC_ERR_NOMEM;
    status = take_options(log, options);
    if (status < 0)
        goto fail;
    *out = log;
    return 0;

fail:
    msvc_log_free(log);
    return status;
}

void msvc_log_free(struct msvc_log *log)
{
    free(log);
}

void msvc_log_set_level(struct msvc_log *log, enum msvc_log_level level)
{
    if (log != NULL)
        atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool msvc_log_is_enabled(const struct msvc_log *log, enum msvc_log_level level)
{
    return log != NULL && level < MSVC_LOG_OFF &&
           (int)level >= atomic_load_explicit(&log->level, memory_order_relaxed);
}

uint64_t msvc_log_lost_count(const struct msvc_log *log)
{
    return log != NULL ? atomic_load_explicit(&log->lost, memory_order_relaxed) : 0;
}

/* line[-1] is a line break, for use after a torn line. */
static void emit(struct msvc_log *log, const char *line, size_t length)
{
    int saved = errno;
    bool was_torn = atomic_load_explicit(&log->is_torn, memory_order_relaxed) &&
                    atomic_exchange(&log->is_torn, false);
    size_t before = was_torn ? 1 : 0;
    size_t written = msvc__write_all(log->options.fd, line - before, length + before);

    if (written < length + before) {
        atomic_fetch_add_explicit(&log->lost, 1, memory_order_relaxed);
        if (written > before || (was_torn && written == 0))
            atomic_store(&log->is_torn, true);
    }
    errno = saved;
}

void msvc_log_write(struct msvc_log *log, enum msvc_log_level level, const char *message,
                    const struct msvc_attribute *attributes)
{
    static const struct msvc_attribute none;
    const struct msvc_trace_context *context = msvc_trace_current();
    struct msvc_log_record record;
    char line[1 + MSVC_LOG_LINE_MAX];

    if (!msvc_log_is_enabled(log, level))
        return;
    record.wall_ns = msvc_clock_wall_ns(log->options.clock);
    record.level = level;
    record.message = message != NULL ? message : "";
    record.context = msvc_trace_context_is_valid(context) ? context : NULL;
    record.attributes = attributes != NULL ? attributes : &none;
    if (log->options.sink != NULL) {
        log->options.sink(&record, log->options.user);
        return;
    }
    line[0] = '\n';
    emit(log, line + 1, msvc__log_line(line + 1, &record, log->names, log->names_length));
}
