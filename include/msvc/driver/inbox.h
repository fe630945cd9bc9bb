/* SPDX-License-Identifier: MIT */
/**
 * @file driver/inbox.h
 *
 * The dialect of an inbox.
 *
 * This tier is less stable than the rest: it may change in a minor version.
 */
#ifndef MSVC_DRIVER_INBOX_H
#define MSVC_DRIVER_INBOX_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_tx;

struct msvc_inbox_driver {
    size_t size;
    /** @return 0, #MSVC_ERR_EXISTS for a duplicate with @p tx still usable, or a store status. */
    int (*accept)(struct msvc_tx *tx, const char *consumer, const char *source, const char *id,
                  struct msvc_error *err);
    /** @return How many rows were removed, or a store status. */
    int (*prune)(struct msvc_tx *tx, int64_t before_wall_ns, struct msvc_error *err);
};

MSVC_END_DECLS

#endif
