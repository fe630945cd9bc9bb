/* SPDX-License-Identifier: MIT */
/* Verifies a pact: which of its interactions, and what came out. */
#include "contract/verify_internal.h"

#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

/* Texts that may be absent; false: no memory. */
static bool copy(char **out, const char *text)
{
    *out = msvc__copy_text(text);
    return *out != NULL || text == NULL;
}

static int describe(struct msvc_contract_report *report, const struct msvc__run *r,
                    const struct msvc_pact *pact)
{
    bool is_whole = copy(&report->consumer, pact->consumer) &&
                    copy(&report->provider, pact->provider) &&
                    copy(&report->version, r->options.provider_version) &&
                    copy(&report->branch, r->options.provider_branch);

    report->results = msvc__new_array(pact->count + 1, sizeof(*report->results));
    return is_whole && report->results != NULL ? 0 : MSVC_ERR_NOMEM;
}

/* Put an interaction on the list, if it is wanted. */
static int consider(struct msvc__jobs *jobs, const struct msvc__run *r,
                    const struct msvc__interaction *interaction)
{
    struct msvc__result *result = &jobs->results[jobs->count];

    result->states = msvc__states_list(interaction);
    if (result->states == NULL)
        return MSVC_ERR_NOMEM;
    if (!msvc__filter_keeps(&r->filter, &r->options, interaction, result->states)) {
        free(result->states);
        result->states = NULL;
        return 0;
    }
    result->description = msvc__copy_text(interaction->description);
    result->is_pending = interaction->is_pending || r->options.is_pending;
    jobs->interactions[jobs->count++] = interaction;
    return result->description != NULL ? 0 : MSVC_ERR_NOMEM;
}

static int choose(struct msvc__jobs *jobs, const struct msvc__run *r, const struct msvc_pact *pact)
{
    int status = 0;

    jobs->interactions = msvc__new_array(pact->count + 1, sizeof(struct msvc__interaction *));
    if (jobs->interactions == NULL)
        return MSVC_ERR_NOMEM;
    if (!msvc__filter_keeps_pact(&r->filter, pact))
        return 0;
    for (size_t i = 0; status == 0 && i < pact->count; i++)
        status = consider(jobs, r, pact->interactions[i]);
    return status;
}

static int verify_all(struct msvc_contract_report *report, struct msvc__run *r,
                      const struct msvc_pact *pact, struct msvc_error *err)
{
    struct msvc__jobs jobs = { .count = 0 };
    int status = describe(report, r, pact);

    jobs.results = report->results;
    if (status == 0)
        status = choose(&jobs, r, pact);
    if (jobs.results != NULL) /* of one more there may be a part of its texts */
        report->chosen = jobs.count + (status < 0 ? 1 : 0);
    if (status < 0)
        (void)msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    else
        status = msvc__jobs_run(&jobs, r, err);
    report->count = jobs.count; /* those that were looked at */
    free(jobs.interactions);
    return status;
}

static int check(struct msvc_contract_options *out, const struct msvc_contract_options *options,
                 struct msvc_error *err)
{
    int status = msvc__options_copy(out, sizeof(*out), options);

    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    if (out->workers > MSVC_CONTRACT_WORKERS_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected at most %d workers, found %u", MSVC_CONTRACT_WORKERS_MAX,
                              out->workers);
    if (out->workers > 1 && out->ends_at_first_failure)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected no workers with ends_at_first_failure, found %u",
                              out->workers);
    return 0;
}

int msvc_contract_verify(struct msvc_contract_report **out, const struct msvc_pact *pact,
                         struct msvc_http_transport *provider,
                         const struct msvc_contract_options *options, struct msvc_error *err)
{
    struct msvc__run r = { .provider = provider };
    struct msvc_contract_report *report = NULL;
    int status;

    if (out == NULL || pact == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a pact, found NULL");
    status = check(&r.options, options, err);
    if (status == 0)
        status = msvc__filter_init(&r.filter, &r.options, err);
    if (status == 0 && (report = msvc__new(sizeof(*report))) == NULL)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    if (status == 0)
        status = verify_all(report, &r, pact, err);
    msvc__filter_clear(&r.filter);
    if (status < 0)
        msvc_contract_report_free(report);
    else
        *out = report;
    return status;
}
