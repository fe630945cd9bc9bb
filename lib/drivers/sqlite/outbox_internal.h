/* SPDX-License-Identifier: MIT */
/* What outbox.c and fetch.c share. */
#ifndef MSVC_SQLITE_OUTBOX_INTERNAL_H
#define MSVC_SQLITE_OUTBOX_INTERNAL_H

#include "drivers/sqlite/sqlite_internal.h"

/*
 * Delayed rows: handed over were those that were due at `seen_ns` and not
 * above `seen_seq`. A scan hands over what is due now and was not then.
 */
struct msvc__sqlite_delayed {
    int64_t seen_ns;
    int64_t seen_seq;
    int64_t scan_ns; /* the scan in progress; 0: none */
    int64_t scan_seq;
    int64_t last_seq; /* how far it has come */
};

struct msvc__sqlite_outbox {
    struct msvc__sqlite *connection;
    char *owner;
    int64_t epoch;    /* of our lease; 0: never had one */
    int64_t last_seq; /* rows without delay: the last handed over */
    struct msvc__sqlite_delayed delayed;
    int wake_fd; /* watches the write-ahead log; −1: not yet, or not possible */
};

int msvc__sqlite_outbox_fetch(void *session, uint64_t shards, size_t limit, msvc_outbox_row_fn *fn,
                              void *user, struct msvc_error *err);

#endif
