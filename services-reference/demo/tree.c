/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_LIMIT 32
#define NS_PER_MS   1e6

/* Numbers of the OTLP protocol. */
static const char *kind_name(int kind)
{
    static const char *const names[] = { "", "", "request", "call", "publish", "event" };

    return kind >= 0 && kind < (int)(sizeof(names) / sizeof(names[0])) ? names[kind] : "";
}

static bool is_in(const struct span *span, const char *trace_id)
{
    return strcmp(span->trace_id, trace_id) == 0;
}

static bool is_root(const struct spans *spans, const struct span *span)
{
    for (size_t i = 0; i < spans->count; i++) {
        if (is_in(&spans->items[i], span->trace_id) &&
            strcmp(spans->items[i].id, span->parent_id) == 0)
            return false;
    }
    return true;
}

void show_timeline(const struct spans *spans, const char *trace_id)
{
    int64_t first_ns = 0;

    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = &spans->items[i];

        if (!is_in(span, trace_id))
            continue;
        if (first_ns == 0)
            first_ns = span->start_ns;
        if (span->kind == 2 || span->kind == 5)
            (void)printf("  %8.1f  %-22s %-8s %s\n",
                         (double)(span->start_ns - first_ns) / NS_PER_MS, span->service,
                         kind_name(span->kind), span->name);
    }
}

static void show_span(const struct spans *spans, const struct span *span, int depth)
{
    (void)printf("  %*s%-*s %-22s %8.2f ms%s\n", depth * 2, "", 52 - depth * 2, span->name,
                 span->service, (double)(span->end_ns - span->start_ns) / NS_PER_MS,
                 span->is_error ? "  error" : "");
    if (depth == DEPTH_LIMIT)
        return;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *child = &spans->items[i];

        if (is_in(child, span->trace_id) && strcmp(child->parent_id, span->id) == 0)
            show_span(spans, child, depth + 1);
    }
}

void show_tree(const struct spans *spans, const char *trace_id)
{
    for (size_t i = 0; i < spans->count; i++) {
        if (is_in(&spans->items[i], trace_id) && is_root(spans, &spans->items[i]))
            show_span(spans, &spans->items[i], 0);
    }
}
