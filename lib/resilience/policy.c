/* SPDX-License-Identifier: MIT */
#include "resilience/policy_internal.h"

#include <stdlib.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define TIMEOUT_MS 3000

const struct msvc_policy msvc__policy_default = {
    .options = { .size = sizeof(struct msvc_policy_options),
                 .timeout_ms = TIMEOUT_MS,
                 .total_ms = MSVC_POLICY_UNLIMITED },
    .retry = { .size = sizeof(struct msvc_retry_options), .attempts = 1 },
};

static void fill_in(struct msvc_policy_options *o)
{
    if (o->timeout_ms == 0)
        o->timeout_ms = TIMEOUT_MS;
    if (o->total_ms == 0)
        o->total_ms = MSVC_POLICY_UNLIMITED;
}

/* Two places for one number would be one too many: refuse what the policy or the call says. */
static bool keeps_to_its_own(const struct msvc_retry_options *retry)
{
    return retry->budget == NULL && retry->clock == NULL && retry->random == NULL &&
           retry->attempt_ms == 0 && !retry->is_idempotent;
}

static int set_up_retry(struct msvc_policy *policy, const struct msvc_retry_options *given)
{
    struct msvc_retry_options *retry = &policy->retry;
    struct msvc_retry tried;
    int status = msvc__options_copy(retry, sizeof(*retry), given);

    if (status < 0)
        return status;
    if (given == NULL)
        retry->attempts = 1;
    if (!keeps_to_its_own(retry))
        return MSVC_ERR_INVALID;
    status = msvc_retry_init(&tried, retry, 0);
    if (status < 0)
        return status;
    retry->budget = policy->options.budget;
    retry->clock = policy->options.clock;
    retry->random = policy->options.random;
    return 0;
}

int msvc_policy_new(struct msvc_policy **out, const struct msvc_policy_options *options)
{
    struct msvc_policy made = { 0 };
    struct msvc_policy *policy;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&made.options, sizeof(made.options), options);
    if (status < 0)
        return status;
    fill_in(&made.options);
    status = set_up_retry(&made, made.options.retry);
    if (status < 0)
        return status;

    policy = msvc__new(sizeof(*policy));
    if (policy == NULL)
        return MSVC_ERR_NOMEM;
    *policy = made;
    *out = policy;
    return 0;
}

void msvc_policy_free(struct msvc_policy *policy)
{
    free(policy);
}
