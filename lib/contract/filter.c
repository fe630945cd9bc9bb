/* SPDX-License-Identifier: MIT */
/* Which interactions of a pact are looked at. */
#include "contract/verify_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

/* Ours match from end to end; a filter is content to be found. */
int msvc__filter_regex(struct msvc__regex **out, const char *text, const char *what,
                       struct msvc_error *err)
{
    struct msvc_buffer wrapped = MSVC_BUFFER_INIT;
    int status;

    if (text == NULL)
        return 0;
    msvc_buffer_printf(&wrapped, "(?s:.*)(?:%s)(?s:.*)", text);
    status = msvc_buffer_status(&wrapped) == 0
                 ? msvc__regex_new(out, wrapped.data, err)
                 : msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    msvc_buffer_clear(&wrapped);
    if (status == MSVC_ERR_MALFORMED)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a regex as filter of the %s, found \"%s\"", what, text);
    return status;
}

int msvc__filter_init(struct msvc__filter *filter, const struct msvc_contract_options *options,
                      struct msvc_error *err)
{
    int status;

    *filter = (struct msvc__filter){ .consumer = NULL };
    status = msvc__filter_regex(&filter->consumer, options->consumer, "consumer", err);
    if (status == 0)
        status = msvc__filter_regex(&filter->description, options->description, "description", err);
    if (status == 0)
        status = msvc__filter_regex(&filter->state, options->with_state, "state", err);
    return status;
}

void msvc__filter_clear(struct msvc__filter *filter)
{
    msvc__regex_free(filter->consumer);
    msvc__regex_free(filter->description);
    msvc__regex_free(filter->state);
}

static bool has(const struct msvc__regex *regex, const char *text)
{
    return msvc__regex_match(regex, text, strlen(text)) == 1;
}

bool msvc__filter_has_state(const struct msvc__regex *regex,
                            const struct msvc__interaction *interaction)
{
    for (size_t i = 0; i < interaction->state_count; i++) {
        if (has(regex, interaction->states[i].name))
            return true;
    }
    return false;
}

bool msvc__filter_keeps_pact(const struct msvc__filter *filter, const struct msvc_pact *pact)
{
    return filter->consumer == NULL || has(filter->consumer, pact->consumer);
}

bool msvc__filter_keeps(const struct msvc__filter *filter,
                        const struct msvc_contract_options *options,
                        const struct msvc__interaction *interaction, const char *states)
{
    if (options->without_state && interaction->state_count > 0)
        return false;
    if (filter->description != NULL && !has(filter->description, interaction->description))
        return false;
    if (filter->state != NULL && !msvc__filter_has_state(filter->state, interaction))
        return false;
    return options->wanted == NULL ||
           options->wanted(interaction->description, states, options->user);
}
