/* SPDX-License-Identifier: MIT */
/*
 * What a log line and a span cost the caller. The floor is what they cannot do
 * without: reading the clock, and for a line write(2). The least of many
 * blocks counts, because a shared machine only ever adds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <msvc/driver/exporter.h>
#include <msvc/log.h>
#include <msvc/trace.h>

#define BLOCKS 200
#define CALLS  2000

struct subject {
    struct msvc_log *log;
    struct msvc_tracer *tracer;
    int fd;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void measure(const char *name, void (*call)(struct subject *s), struct subject *s)
{
    uint64_t least = UINT64_MAX;

    for (int block = 0; block < BLOCKS; block++) {
        uint64_t began = now_ns();
        uint64_t took;

        for (int i = 0; i < CALLS; i++)
            call(s);
        took = now_ns() - began;
        if (took < least)
            least = took;
        (void)msvc_tracer_flush(s->tracer, -1, NULL);
    }
    printf("%-40s %8.1f ns\n", name, (double)least / CALLS);
}

static void read_clock(struct subject *s)
{
    (void)s;
    (void)now_ns();
}

static void write_only(struct subject *s)
{
    static const char line[175] = { 'x' };

    if (write(s->fd, line, sizeof(line)) < 0)
        _exit(1);
}

static void log_line(struct subject *s)
{
    msvc_log_info(s->log, "order created", MSVC_STR("order.id", "4711-0815"),
                  MSVC_STR("customer", "c-1234567890"), MSVC_I64("total", 4200),
                  MSVC_F64("ratio", 0.25), MSVC_BOOL("paid", true));
}

static void log_disabled(struct subject *s)
{
    msvc_log_debug(s->log, "order created", MSVC_I64("total", 4200));
}

static void bare_span(struct subject *s)
{
    msvc_span_end(msvc_span_start(s->tracer, "reserve stock", NULL));
}

static void span_with_attributes(struct subject *s)
{
    struct msvc_span *span = msvc_span_start(s->tracer, "reserve stock", NULL);

    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("http.method", "GET"), MSVC_I64("status", 200),
                                        MSVC_STR("http.route", "/api/v1/orders/{id}"),
                                        MSVC_BOOL("cached", false)));
    msvc_span_end(span);
}

static void span_sampled_out(struct subject *s)
{
    static const struct msvc_trace_context parent = { .trace_id = { 1 }, .span_id = { 1 } };

    msvc_span_end(msvc_span_start(s->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &parent)));
}

static int take(struct msvc_span_exporter *self, const struct msvc_span_batch *batch,
                uint64_t deadline_ns, size_t *rejected, struct msvc_error *err)
{
    (void)self, (void)batch, (void)deadline_ns, (void)rejected, (void)err;
    return 0;
}

static void keep(struct msvc_span_exporter *self)
{
    (void)self;
}

int main(void)
{
    static const struct msvc_span_exporter_ops ops = { sizeof(ops), take, keep };
    struct msvc_span_exporter exporter = { &ops };
    struct subject s = { .fd = open("/dev/null", O_WRONLY) };

    if (s.fd < 0 || msvc_log_new(&s.log, MSVC_LOG_OPTIONS(.fd = s.fd)) < 0 ||
        msvc_tracer_new(&s.tracer, MSVC_TRACER_OPTIONS(.exporters = MSVC_EXPORTERS(&exporter))) < 0)
        return 1;
    measure("floor: read a clock", read_clock, &s);
    measure("floor: write(2) of 175 bytes", write_only, &s);
    measure("log: five attributes, written", log_line, &s);
    measure("log: level is off", log_disabled, &s);
    measure("span: bare", bare_span, &s);
    measure("span: four attributes", span_with_attributes, &s);
    measure("span: sampled out", span_sampled_out, &s);
    msvc_tracer_free(s.tracer);
    msvc_log_free(s.log);
    (void)close(s.fd);
    return 0;
}
