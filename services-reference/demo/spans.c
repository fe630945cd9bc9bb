/* SPDX-License-Identifier: MIT */
/* Reads the spans that every service wrote, as lines of OTLP/JSON. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>

static void copy(char *out, size_t size, const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* 64-bit numbers are strings in OTLP/JSON. */
static int64_t number(const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

/* The text of an attribute, NULL when it is not there. */
static const struct msvc_json *attribute(const struct msvc_json *owner, const char *name)
{
    const struct msvc_json *attributes = msvc_json_member(owner, "attributes");

    for (const struct msvc_json *a = msvc_json_first(attributes); a != NULL;
         a = msvc_json_next(a)) {
        const char *key = msvc_json_string(msvc_json_member(a, "key"), NULL);

        if (key != NULL && strcmp(key, name) == 0)
            return msvc_json_member(msvc_json_member(a, "value"), "stringValue");
    }
    return NULL;
}

static int append(struct spans *spans, const struct msvc_json *json,
                  const struct msvc_json *service)
{
    struct span *items = realloc(spans->items, (spans->count + 1) * sizeof(*items));
    struct span *span;
    int64_t code = 0;

    if (items == NULL)
        return MSVC_ERR_NOMEM;
    spans->items = items;
    span = &items[spans->count++];
    memset(span, 0, sizeof(*span));
    copy(span->trace_id, sizeof(span->trace_id), msvc_json_member(json, "traceId"));
    copy(span->id, sizeof(span->id), msvc_json_member(json, "spanId"));
    copy(span->parent_id, sizeof(span->parent_id), msvc_json_member(json, "parentSpanId"));
    copy(span->name, sizeof(span->name), msvc_json_member(json, "name"));
    if (attribute(json, "cloudevents.event_type") != NULL)
        copy(span->name, sizeof(span->name), attribute(json, "cloudevents.event_type"));
    copy(span->service, sizeof(span->service), service);
    if (msvc_json_get_int(&code, msvc_json_member(json, "kind")) == 0)
        span->kind = (int)code;
    span->start_ns = number(msvc_json_member(json, "startTimeUnixNano"));
    span->end_ns = number(msvc_json_member(json, "endTimeUnixNano"));
    span->is_error =
        msvc_json_get_int(&code, msvc_json_member(msvc_json_member(json, "status"), "code")) == 0 &&
        code == 2;
    return 0;
}

static int read_line(struct spans *spans, const char *line, size_t length, struct msvc_error *err)
{
    struct msvc_json_document *document;
    int status = msvc_json_parse(&document, line, length, NULL, err);
    const struct msvc_json *resource;

    if (status < 0)
        return status;
    resource = msvc_json_first(msvc_json_member(msvc_json_root(document), "resourceSpans"));
    for (; resource != NULL; resource = msvc_json_next(resource)) {
        const struct msvc_json *scope = msvc_json_first(msvc_json_member(resource, "scopeSpans"));
        const struct msvc_json *service =
            attribute(msvc_json_member(resource, "resource"), "service.name");

        for (; scope != NULL; scope = msvc_json_next(scope)) {
            const struct msvc_json *span = msvc_json_first(msvc_json_member(scope, "spans"));

            for (; span != NULL && status == 0; span = msvc_json_next(span))
                status = append(spans, span, service);
        }
    }
    msvc_json_free(document);
    return status;
}

static int read_file(struct spans *spans, const char *path, struct msvc_error *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;

    /* A service that did nothing has no file. A line without its end is still being written. */
    while (file != NULL && status == 0 && (length = getline(&line, &size, file)) > 0) {
        if (line[length - 1] == '\n')
            status = read_line(spans, line, (size_t)length, err);
    }
    free(line);
    if (file != NULL)
        (void)fclose(file);
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct span *left = a;
    const struct span *right = b;

    return (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

int spans_read(struct spans *out, const struct demo *demo, struct msvc_error *err)
{
    char path[PATH_MAX];
    int status;

    *out = (struct spans){ NULL, 0 };
    (void)snprintf(path, sizeof(path), "%s/traces/demo.jsonl", demo->folder);
    status = read_file(out, path, err);
    for (size_t i = 0; status == 0 && i < SERVICE_COUNT; i++) {
        (void)snprintf(path, sizeof(path), "%s/traces/%s.jsonl", demo->folder, service_names[i]);
        status = read_file(out, path, err);
    }
    if (status < 0) {
        msvc_error_prefix(err, "%s", path);
        spans_free(out);
        return status;
    }
    if (out->count > 0)
        qsort(out->items, out->count, sizeof(out->items[0]), by_start);
    return 0;
}

void spans_free(struct spans *spans)
{
    free(spans->items);
    *spans = (struct spans){ NULL, 0 };
}

size_t spans_count_services(const struct spans *spans, const char *trace_id)
{
    size_t count = 0;

    for (size_t s = 0; s < SERVICE_COUNT; s++) {
        for (size_t i = 0; i < spans->count; i++) {
            if (strcmp(spans->items[i].trace_id, trace_id) == 0 &&
                strcmp(spans->items[i].service, service_names[s]) == 0) {
                count++;
                break;
            }
        }
    }
    return count;
}
