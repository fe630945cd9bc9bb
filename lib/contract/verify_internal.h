/* SPDX-License-Identifier: MIT */
/* The steps of holding a provider to one pact. */
#ifndef MSVC_CONTRACT_VERIFY_INTERNAL_H
#define MSVC_CONTRACT_VERIFY_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/contract_verify.h>

#include "contract/report_internal.h"
#include "contract/rules_internal.h"

/* Which interactions are looked at. */
struct msvc__filter {
    struct msvc__regex *consumer; /* NULL: any */
    struct msvc__regex *description;
    struct msvc__regex *state;
};

/* Constant while interactions are verified, but for what is atomic. */
struct msvc__run {
    struct msvc_contract_options options;
    struct msvc_http_transport *provider;
    struct msvc__filter filter;
    _Atomic bool has_answered; /* the provider, once at least */
};

/* A regex that is content to be found; NULL gives NULL. Returns 0, MSVC_ERR_INVALID or
 * MSVC_ERR_NOMEM. */
int msvc__filter_regex(struct msvc__regex **out, const char *text, const char *what,
                       struct msvc_error *err);
/* Whether the name of one of its states has it in it. */
bool msvc__filter_has_state(const struct msvc__regex *regex,
                            const struct msvc__interaction *interaction);
/* Returns 0, MSVC_ERR_INVALID for a regex or MSVC_ERR_NOMEM. */
int msvc__filter_init(struct msvc__filter *out, const struct msvc_contract_options *options,
                      struct msvc_error *err);
void msvc__filter_clear(struct msvc__filter *filter);
bool msvc__filter_keeps_pact(const struct msvc__filter *filter, const struct msvc_pact *pact);
bool msvc__filter_keeps(const struct msvc__filter *filter,
                        const struct msvc_contract_options *options,
                        const struct msvc__interaction *interaction, const char *states);

/* What is sent. */
struct msvc__sending {
    struct msvc_buffer target;
    struct msvc__pairs headers; /* without Content-Type */
    char *content_type;         /* NULL without a body */
};

/* Returns 0 or MSVC_ERR_NOMEM; to be cleared in any case. */
int msvc__sending_make(struct msvc__sending *out, const struct msvc_contract_options *options,
                       const char *description, const struct msvc__part *request);
void msvc__sending_clear(struct msvc__sending *sending);
/* The request as somebody would repeat it by hand, without secrets. NULL: no memory. */
char *msvc__sending_curl(const struct msvc__sending *sending, const char *base_url,
                         const struct msvc__part *request);

/* "a and b"; NULL: no memory. */
char *msvc__states_list(const struct msvc__interaction *interaction);
/* Have all states set up, and append the members of their parameters and answers to `values`, each
 * with a comma behind. False: one could not be; the result says which. */
bool msvc__states_set_up(struct msvc__result *result, const struct msvc_contract_options *options,
                         const struct msvc__interaction *interaction, struct msvc_buffer *values);
void msvc__states_tear_down(struct msvc__result *result,
                            const struct msvc_contract_options *options,
                            const struct msvc__interaction *interaction);

/* Verify one interaction. Only what ends everything is a failure: MSVC_ERR_UNAVAILABLE,
 * MSVC_ERR_NOMEM. */
int msvc__verify_one(struct msvc__result *result, struct msvc__run *run,
                     const struct msvc__interaction *interaction, struct msvc_error *err);

/* Have a message made, and compare it. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__verify_message(struct msvc__result *result, const struct msvc_contract_options *options,
                         const struct msvc__interaction *interaction);

/* The interactions that are wanted, and a result for each. */
struct msvc__jobs {
    const struct msvc__interaction **interactions;
    struct msvc__result *results;
    size_t count;
};

/* Verify all of them, on this thread or on those that were asked for. Returns 0 or what ended it.
 * Afterwards `count` are those that were looked at. */
int msvc__jobs_run(struct msvc__jobs *jobs, struct msvc__run *run, struct msvc_error *err);

#endif
