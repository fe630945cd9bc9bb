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
    bool is_failing;  /* what counts: failures_to_fail were seen, or it never passed */
    bool is_degraded; /* the last run that succeeded said so */
    bool is_running;
    unsigned failures;          /* in a row */
    unsigned successes;         /* in a row */
    uint64_t due_ns;            /* when it runs next */
    uint64_t running_ns;        /* since when it runs */
    uint64_t duration_ns;       /* of the last run */
    int64_t ended_wall_ns;      /* of the last run; 0: there was none */
    struct msvc_health_run run; /* of the last one: what it measured */
    struct msvc_error last;     /* why it failed or is degraded; while it is */
};

struct msvc_health {
    struct msvc_health_options options; /* constant; strings are ours */
    int wake_fd;                        /* readable: a check was added */

    pthread_mutex_t lock;
    bool is_ready;
    size_t count;
    struct check *checks[MSVC__HEALTH_CHECKS_MAX]; /* only added to */
};

/* check.c: copying and freeing what options point to. */
int msvc__health_check_new(struct check **out, const struct msvc_health_check *options);
void msvc__health_check_free(struct check *check);
bool msvc__health_copy_text(const char **text);
bool msvc__health_copy_list(const char *const **list);
bool msvc__health_copy_links(const struct msvc_health_link **links);
void msvc__health_free_text(const char *text);
void msvc__health_free_list(const char *const *list);
void msvc__health_free_links(const struct msvc_health_link *links);

/* What a probe sees of a check. */
struct check_view {
    const struct check *check;
    bool has_run;
    bool has_passed;
    bool is_failing;
    bool is_degraded;
    uint64_t duration_ns;
    int64_t ended_wall_ns;
    struct msvc_health_run run;
    char message[sizeof(((struct msvc_error *)0)->message)]; /* "" when it passes */
};

/* The check at index as it is now; one that overruns is failing already. False behind the last. */
bool msvc__health_view(struct check_view *out, struct msvc_health *health, size_t index);
bool msvc__health_is_ready(struct msvc_health *health);
enum msvc_health_state msvc__health_state_of(const struct check_view *view);

/* respond.c: which checks a probe looks at, and how. */
enum probe_kind {
    LIVE,
    READY,
    STARTED,
    ALL,
};

/* A probe, and the checks that it looks at. */
struct probe {
    struct msvc_health *health;
    enum probe_kind kind;
    const char *query;
};

/* The next check that the probe looks at; false behind the last. Start with *index zero. */
bool msvc__probe_next(const struct probe *probe, size_t *index, struct check_view *out);
/* Whether a check that is looked at stands in the way. */
bool msvc__probe_is_bad(const struct probe *probe, const struct check_view *view);
/* Its message; "reason withheld" when that may hold a secret. */
const char *msvc__health_output(const struct check_view *view);

/* query.c */
bool msvc__query_has(const char *query, const char *name, const char *value);
bool msvc__query_excludes(const char *query, const char *check);
/* Whether text, percent-encoded, says name. */
bool msvc__query_is_name(const char *text, size_t length, const char *name);

/* words.c, draft.c, microprofile.c: each fills status and body. */
void msvc__respond_in_words(const struct probe *probe, const char *check,
                            struct msvc_health_answer *out);
void msvc__respond_as_draft(const struct probe *probe, struct msvc_health_answer *out);
void msvc__respond_as_microprofile(const struct probe *probe, struct msvc_health_answer *out);

#endif
