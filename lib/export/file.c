/* SPDX-License-Identifier: MIT */
/*
 * A batch is formatted first and then appended with one call, so that several
 * processes can share a file: the kernel keeps appended writes whole.
 */
#include <msvc/export.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/driver/exporter.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/file_internal.h"
#include "export/otlp_json_internal.h"

#define MODE 0600

struct file_exporter {
    struct msvc_span_exporter exporter; /* first: the tracer knows only this */
    int fd;
    bool is_torn; /* half a line was written: the next one begins with a line break */
    struct msvc_buffer line;
};

static int append(struct file_exporter *e, struct msvc_error *err)
{
    size_t written = msvc__write_all(e->fd, e->line.data, e->line.length);
    int saved = errno;

    if (written == e->line.length) {
        e->is_torn = false;
        return 0;
    }
    e->is_torn = e->is_torn || written > 0;
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "export", saved,
                          "%zu of %zu bytes of a batch were written: %s", written, e->line.length,
                          strerror(saved));
}

static int export_spans(struct msvc_span_exporter *self, const struct msvc_span_batch *batch,
                        uint64_t deadline_ns, size_t *rejected, struct msvc_error *err)
{
    struct file_exporter *e = (struct file_exporter *)self;
    int status;

    (void)deadline_ns;
    (void)rejected;
    if (e->is_torn)
        msvc_buffer_byte(&e->line, '\n');
    status = msvc__otlp_json_write(&e->line, batch);
    msvc_buffer_byte(&e->line, '\n');
    if (status == 0)
        status = msvc_buffer_status(&e->line);
    if (status == 0)
        status = append(e, err);
    else
        (void)msvc_error_set(err, status, "export", 0, "no memory for a batch of %zu spans",
                             batch->span_count);
    if (status == MSVC_ERR_NOMEM)
        msvc_buffer_clear(&e->line);
    msvc_buffer_truncate(&e->line, 0);
    return status;
}

static void free_exporter(struct msvc_span_exporter *self)
{
    struct file_exporter *e = (struct file_exporter *)self;

    if (e->fd > STDOUT_FILENO)
        (void)close(e->fd);
    msvc_buffer_clear(&e->line);
    free(e);
}

/* Never one of the standard descriptors: a program may have closed those. */
static int open_file(const char *path)
{
    int low = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, MODE);
    int fd;

    if (low < 0 || low > STDERR_FILENO)
        return low;
    fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    (void)close(low);
    return fd;
}

int msvc_span_exporter_file(struct msvc_span_exporter **out, const char *path,
                            struct msvc_error *err)
{
    static const struct msvc_span_exporter_ops ops = { sizeof(ops), export_spans, free_exporter };
    struct file_exporter *e;

    if (out == NULL || path == NULL || path[0] == '\0')
        return msvc_error_set(err, MSVC_ERR_INVALID, "export", 0,
                              "no path; expected a file's or \"-\"");
    e = msvc__new(sizeof(*e));
    if (e == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "export", 0, "no memory for an exporter");
    e->exporter.ops = &ops;
    e->fd = strcmp(path, "-") == 0 ? STDOUT_FILENO : open_file(path);
    if (e->fd < 0) {
        int saved = errno;

        free(e);
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "export", saved, "%s: %s", path,
                              strerror(saved));
    }
    *out = &e->exporter;
    return 0;
}

void msvc_span_exporter_free(struct msvc_span_exporter *exporter)
{
    if (exporter != NULL)
        exporter->ops->free(exporter);
}
