/* SPDX-License-Identifier: MIT */
#include "fake_exporter.h"

#include <stdio.h>

#include <msvc/error.h>

static int export_spans(struct msvc_span_exporter *self, const struct msvc_span_batch *batch,
                        uint64_t deadline_ns, size_t *rejected, struct msvc_error *err)
{
    struct fake_exporter *fake = (struct fake_exporter *)self;

    for (size_t i = 0; i < batch->span_count; i++) {
        size_t at = fake->span_count++;

        if (at < FAKE_EXPORTER_NAMES)
            (void)snprintf(fake->names[at], sizeof(fake->names[at]), "%s", batch->spans[i]->name);
    }
    fake->calls++;
    fake->deadline_ns = deadline_ns;
    if (fake->look != NULL)
        fake->look(batch, fake->user);
    *rejected = fake->rejected;
    return fake->status < 0 ? msvc_error_set(err, fake->status, "fake", 0, "told to") : 0;
}

static void count_free(struct msvc_span_exporter *self)
{
    ((struct fake_exporter *)self)->freed++;
}

void fake_exporter_init(struct fake_exporter *fake)
{
    static const struct msvc_span_exporter_ops ops = { sizeof(ops), export_spans, count_free };

    *fake = (struct fake_exporter){ .exporter = { &ops } };
}
