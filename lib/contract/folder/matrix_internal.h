/* SPDX-License-Identifier: MIT */
/* A question to the matrix while it is answered. */
#ifndef MSVC_CONTRACT_FOLDER_MATRIX_INTERNAL_H
#define MSVC_CONTRACT_FOLDER_MATRIX_INTERNAL_H

#include "contract/folder/folder_internal.h"

struct msvc__matrix {
    struct msvc__folder_call *call;
    json_t *environments;
    json_t *asked;   /* the selectors of the question */
    json_t *ignored; /* selectors too */
    json_t *target;  /* a selector for the counterparts */
    json_t *sets;    /* {"name","asked","versions":[…]} */
    json_t *rows;
    json_t *reasons;
    bool has_target; /* counterparts count that the question does not name */
    bool only_successes;
    bool is_incomplete; /* a version of the question is not known */
    int kept_count, failed_count, unknown_count, ignored_count;
    int status;
    struct msvc_error err;
};

/* Read the question and find its versions. Returns a refusal, or NULL. */
json_t *msvc__matrix_read(struct msvc__matrix *m);
void msvc__matrix_clear(struct msvc__matrix *m);
/* The set of a counterpart's versions at the target; a new reference, NULL when out of memory. */
json_t *msvc__matrix_target(struct msvc__matrix *m, const char *name);

#endif
