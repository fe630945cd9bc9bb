/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HEALTH_HEALTH_INTERNAL_H
#define MSVC_HEALTH_HEALTH_INTERNAL_H

#include <pthread.h>

#include <msvc/error.h>
#include <msvc/health.h>

#define MSVC__HEALTH_CHECKS_MAX 64
#define MSVC__HEALTH_NAME_MAX   64

struct check {
    struct msvc_health_check options; /* constant; strings are ours, defaults filled in */

    /* Guarded by the registry's lock. */
    bool has_run;
    bool has_passed;
    bool is_failing;        /* what counts: failures_to_fail were seen, or it never passed */
    unsigned failures;      /* in a row */
    uint64_t due_ns;        /* when it runs next */
    uint64_t running_ns;    /* since when it runs; 0: it does not */
    uint64_t duration_ns;   /* of the last run */
    int64_t ended_wall_ns;  /* of the last run */
    struct msvc_error last; /* why it failed; while it does */
};

struct msvc_health {
    struct msvc_health_options options; /* constant; strings are ours */
    int wake_fd;                        /* readable: a check was added */

    pthread_mutex_t lock;
    bool is_ready;
    size_t count;
    struct check *checks[MSVC__HEALTH_CHECKS_MAX]; /* only added to */
};

/* What a probe sees of a check. */
struct check_view {
    const struct check *check;
    bool has_run;
    bool has_passed;
    bool is_failing;
    uint64_t duration_ns;
    int64_t ended_wall_ns;
    char message[sizeof(((struct msvc_error *)0)->message)]; /* "" unless failing */
};

/* The check at index as it is now; one that overruns is failing already. False behind the last. */
bool msvc__health_view(struct check_view *out, struct msvc_health *health, size_t index);

#endif
