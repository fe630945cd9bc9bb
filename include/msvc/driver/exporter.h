/* SPDX-License-Identifier: MIT */
/**
 * @file driver/exporter.h
 *
 * For people who write exporters: what a batch of ended spans looks like, and
 * the functions an exporter has. An exporter is embedded first in the
 * implementer's own struct.
 *
 * This tier is less stable than the rest: it may change in a minor version.
 */
#ifndef MSVC_DRIVER_EXPORTER_H
#define MSVC_DRIVER_EXPORTER_H

#include <msvc/attribute.h>
#include <msvc/base.h>
#include <msvc/trace.h>

MSVC_BEGIN_DECLS

struct msvc_error;

struct msvc_span_event_data {
    const struct msvc_span_event_data *next; /**< NULL at the end. */
    int64_t wall_ns;
    const char *name;
    const struct msvc_attribute *attributes;
    size_t attribute_count;
    uint32_t dropped_attribute_count;
};

struct msvc_span_link_data {
    const struct msvc_span_link_data *next; /**< NULL at the end. */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;
    bool is_remote;
    const char *tracestate; /**< "" when there is none. */
};

/** One ended span; everything is borrowed until export returns. */
struct msvc_span_data {
    struct msvc_trace_context context;
    uint8_t parent_span_id[8]; /**< All zero: a root. */
    bool parent_is_remote;
    const char *name;
    enum msvc_span_kind kind;
    int64_t start_wall_ns;
    int64_t end_wall_ns;
    enum msvc_span_status status;
    const char *status_description; /**< "" when there is none. */
    const struct msvc_attribute *attributes;
    size_t attribute_count;
    const struct msvc_span_event_data *events; /**< The first, in order; NULL for none. */
    size_t event_count;
    const struct msvc_span_link_data *links; /**< The first, in order; NULL for none. */
    size_t link_count;
    uint32_t dropped_attribute_count;
    uint32_t dropped_event_count;
    uint32_t dropped_link_count;
};

/** A batch of one service. */
struct msvc_span_batch {
    const struct msvc_attribute *resource; /**< service.name and telemetry.sdk.* included. */
    size_t resource_count;
    const char *scope_name;
    const char *scope_version;
    const struct msvc_span_data *const *spans;
    size_t span_count; /**< At least 1. */
};

struct msvc_span_exporter_ops {
    size_t size;
    /**
     * Export a batch. Never called twice at once. Retries are the exporter's own. May be called
     * in a child of fork(): what a connection holds then belongs to the parent.
     *
     * @param deadline_ns  When to give up, monotonic; never 0.
     * @param[out] rejected  How many the peer refused for good; 0 before the call.
     * @return 0, or a status: the whole batch counts as dropped.
     */
    int (*export_spans)(struct msvc_span_exporter *self, const struct msvc_span_batch *batch,
                        uint64_t deadline_ns, size_t *rejected, struct msvc_error *err);
    void (*free)(struct msvc_span_exporter *self);
};

struct msvc_span_exporter {
    const struct msvc_span_exporter_ops *ops; /**< Static. */
};

MSVC_END_DECLS

#endif
