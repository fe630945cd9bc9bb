/* SPDX-License-Identifier: MIT */
/* A walk over a file that tells what is not as the specification has it. */
#ifndef MSVC_CONTRACT_CHECK_INTERNAL_H
#define MSVC_CONTRACT_CHECK_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/contract_check.h>
#include <msvc/json.h>

struct msvc__check {
    unsigned version;
    bool has_plugins; /* whose matchers and members nobody else knows */
    msvc_pact_problem_fn *problem;
    void *user;
    int count;
    struct msvc_buffer path;
};

typedef void msvc__check_fn(struct msvc__check *c, const struct msvc_json *value);

/* A member that an object may have. */
struct msvc__check_member {
    const char *name;
    bool is_required;
    unsigned from, to; /* versions that have it; 0: no end */
    msvc__check_fn *check;
};

MSVC_PRINTF(2, 3) void msvc__check_complain(struct msvc__check *c, const char *format, ...);
/* Check a value with its step at the end of the path. */
void msvc__check_member(struct msvc__check *c, const struct msvc_json *value,
                        msvc__check_fn *check);
void msvc__check_element(struct msvc__check *c, const struct msvc_json *value, size_t index,
                         msvc__check_fn *check);
/* An object of these members (ended by a NULL name), and of others if it is open. */
void msvc__check_object(struct msvc__check *c, const struct msvc_json *value,
                        const struct msvc__check_member *members, bool is_open);
void msvc__check_list(struct msvc__check *c, const struct msvc_json *value, msvc__check_fn *each);
/* An object of any members, all of one kind. */
void msvc__check_map(struct msvc__check *c, const struct msvc_json *value, msvc__check_fn *each);

void msvc__check_any(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_text(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_boolean(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_any_object(struct msvc__check *c, const struct msvc_json *value);

void msvc__check_rules(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_generators(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_interaction(struct msvc__check *c, const struct msvc_json *value);
void msvc__check_message(struct msvc__check *c, const struct msvc_json *value);

#endif
