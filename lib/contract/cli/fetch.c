/* SPDX-License-Identifier: MIT */
#include "contract/cli/fetch_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/contract.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>

#include "contract/cli/command_internal.h"

/* "name=value" or "flag" of one selector. */
static bool read_part(struct msvc_pact_selector *s, char *part)
{
    char *value = strchr(part, '=');
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } parts[] = {
        { "consumer", &s->consumer, NULL },
        { "branch", &s->branch, NULL },
        { "fallback-branch", &s->fallback_branch, NULL },
        { "tag", &s->tag, NULL },
        { "fallback-tag", &s->fallback_tag, NULL },
        { "environment", &s->environment, NULL },
        { "latest", NULL, &s->is_latest },
        { "main-branch", NULL, &s->is_main_branch },
        { "matching-branch", NULL, &s->is_matching_branch },
        { "deployed", NULL, &s->is_deployed },
        { "released", NULL, &s->is_released },
        { "deployed-or-released", NULL, &s->is_deployed_or_released },
    };

    if (value != NULL)
        *value++ = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, part) != 0 || (parts[i].text != NULL) != (value != NULL))
            continue;
        if (parts[i].text != NULL)
            *parts[i].text = value;
        else
            *parts[i].flag = true;
        return true;
    }
    return false;
}

static int add_selector(struct cli_fetch *f, char *text)
{
    struct msvc_pact_selector *s = &f->selectors[f->selector_count];

    if (f->selector_count == CLI_SELECTORS_MAX)
        return cli_usage("verify", "expected at most %d selectors", CLI_SELECTORS_MAX);
    f->selector_count++;
    while (text != NULL) {
        char *comma = strchr(text, ',');

        if (comma != NULL)
            *comma++ = '\0';
        if (!read_part(s, text))
            return cli_usage("verify", "expected a selector as --help has them, found \"%s\"",
                             text);
        text = comma;
    }
    return -1;
}

int cli_fetch_take(struct cli_fetch *f, int option, char *value)
{
    switch (option) {
    case CLI_FETCH_PROVIDER:
        f->provider = value;
        return -1;
    case CLI_FETCH_SELECTOR:
        return add_selector(f, value);
    case CLI_FETCH_PENDING:
        f->includes_pending = true;
        return -1;
    case CLI_FETCH_WIP:
        f->wip_since = value;
        return -1;
    case CLI_FETCH_PUBLISH:
        f->publishes = true;
        return -1;
    case CLI_FETCH_BUILD_URL:
        f->build_url = value;
        return -1;
    case CLI_FETCH_TAG:
        if (f->tag_count == CLI_TAGS_MAX)
            return cli_usage("verify", "expected at most %d tags", CLI_TAGS_MAX);
        f->tags[f->tag_count++] = value;
        return -1;
    default:
        return cli_broker_take(&f->broker, option, value);
    }
}

static int take_pact(struct cli_pacts *pacts, const struct msvc_pact_fetched *fetched)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    int code;

    if (fetched->notices[0] != '\0')
        fprintf(stderr, "%s\n", fetched->notices);
    if (msvc_pact_parse(&pact, fetched->text, fetched->length, &err) < 0) {
        msvc_error_prefix(&err, "%s", fetched->name);
        return cli_fail(&err, CLI_BAD_PACT);
    }
    code = cli_pacts_append(pacts, pact, fetched->name);
    if (code != CLI_OK)
        msvc_pact_free(pact);
    else
        pacts->items[pacts->count - 1].is_pending = fetched->is_pending;
    return code;
}

int cli_fetch_all(struct cli_fetch *f, struct cli_pacts *pacts)
{
    struct msvc_error err;
    int code;

    f->first = pacts->count;
    if (f->provider == NULL)
        return CLI_OK;
    code = cli_broker_open(&f->broker, "verify");
    if (code != CLI_OK)
        return code;
    if (msvc_pact_broker_fetch(
            f->broker.broker,
            MSVC_PACT_SELECTION(.provider = f->provider,
                                .selectors = f->selector_count > 0 ? f->selectors : NULL,
                                .selector_count = f->selector_count, .provider_branch = f->branch,
                                .provider_tags = f->tag_count > 0 ? f->tags : NULL,
                                .includes_pending = f->includes_pending, .wip_since = f->wip_since),
            &f->list, &err) < 0)
        return cli_broker_fail(&err);
    for (size_t i = 0; code == CLI_OK && i < msvc_pact_list_count(f->list); i++)
        code = take_pact(pacts, msvc_pact_list_at(f->list, i));
    return code;
}

int cli_fetch_report(struct cli_fetch *f, size_t index, const struct msvc_contract_report *report)
{
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_error err;

    if (!f->publishes || index < f->first || index - f->first >= msvc_pact_list_count(f->list))
        return CLI_OK;
    if (msvc_pact_broker_report(f->broker.broker, f->list, index - f->first,
                                MSVC_PACT_OUTCOME(.version = f->version, .branch = f->branch,
                                                  .tags = f->tag_count > 0 ? f->tags : NULL,
                                                  .build_url = f->build_url, .report = report),
                                &reply, &err) < 0)
        return cli_broker_fail(&err);
    msvc_pact_broker_reply_free(reply);
    return CLI_OK;
}

void cli_fetch_clear(struct cli_fetch *f)
{
    msvc_pact_list_free(f->list);
    cli_broker_clear(&f->broker);
}
