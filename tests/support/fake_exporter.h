/* SPDX-License-Identifier: MIT */
/* An exporter that remembers what it was given and answers as it is told. */
#ifndef MSVC_TEST_FAKE_EXPORTER_H
#define MSVC_TEST_FAKE_EXPORTER_H

#include <msvc/driver/exporter.h>

#define FAKE_EXPORTER_NAMES 64

struct fake_exporter {
    struct msvc_span_exporter exporter; /* give &fake->exporter to the tracer */
    int status;                         /* what to answer */
    size_t rejected;                    /* how many to refuse */
    void (*look)(const struct msvc_span_batch *batch, void *user); /* optional */
    void *user;

    int calls;
    size_t span_count;                   /* of all calls */
    char names[FAKE_EXPORTER_NAMES][64]; /* the first ones, in order */
    uint64_t deadline_ns;                /* of the last call */
    int freed;
};

void fake_exporter_init(struct fake_exporter *fake);

#endif
