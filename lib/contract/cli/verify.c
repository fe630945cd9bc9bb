/* SPDX-License-Identifier: MIT */
/* verify: hold a provider that runs somewhere to pacts. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/cli/command_internal.h"
#include "contract/cli/earlier_internal.h"
#include "contract/cli/hooks_internal.h"
#include "contract/cli/pacts_internal.h"
#include "contract/cli/verify_internal.h"

struct program {
    struct cli_verify_options options;
    struct msvc_http_client *client;
    struct msvc_http_transport *provider;
    struct cli_hooks hooks;
    struct cli_earlier earlier;
    struct cli_pacts pacts;
    struct msvc_contract_report **reports;
    size_t count;
    const char *consumer; /* of the pact that is verified */
    bool shows_progress;
};

static int set_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                     void *user, struct msvc_error *err)
{
    const struct program *p = user;

    return cli_hooks_state(&p->hooks, state, values, err);
}

static int make_message(const struct msvc_contract_message *wanted, void *user,
                        struct msvc_error *err)
{
    const struct program *p = user;

    return cli_hooks_message(&p->hooks, wanted, err);
}

static bool has_failed_earlier(const char *description, const char *states, void *user)
{
    const struct program *p = user;

    return cli_earlier_failed(&p->earlier, p->consumer, description, states);
}

static void show_progress(size_t done, size_t count, size_t failed, void *user)
{
    const struct program *p = user;

    if (p->shows_progress)
        fprintf(stderr, "\r%zu of %zu, %zu failed ", done, count, failed);
}

static void hide_progress(const struct program *p)
{
    if (p->shows_progress)
        fputs("\r\x1b[K", stderr);
}

static int connect_client(struct program *p, struct msvc_error *err)
{
    const struct cli_verify_options *o = &p->options;

    return msvc_http_client_new(
        &p->client,
        MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = o->timeout_ms, .connect_timeout_ms = o->timeout_ms,
                                 .attempts = 1, .has_no_breaker = true, .tls_ca = o->tls_ca,
                                 .tls_certificate = o->tls_certificate, .tls_key = o->tls_key,
                                 .tls_is_unverified = o->takes_any_certificate,
                                 .connection_limit = MSVC_CONTRACT_WORKERS_MAX),
        err);
}

static int connect_all(struct program *p, struct msvc_error *err)
{
    const struct cli_verify_options *o = &p->options;
    const char *messages = o->message_url != NULL ? o->message_url : o->provider_url;
    int status = connect_client(p, err);

    p->hooks.state_command = o->state_command;
    p->hooks.timeout_ms = o->timeout_ms;
    if (status == 0 && o->provider_url != NULL)
        status = msvc_http_client_transport(&p->provider, p->client, o->provider_url, err);
    if (status == 0 && o->state_url != NULL)
        status = cli_peer_open(&p->hooks.states, p->client, o->state_url, err);
    if (status == 0)
        status = cli_peer_open(&p->hooks.messages, p->client, messages, err);
    return status;
}

static int verify(struct program *p, size_t index)
{
    const struct cli_pact *pact = &p->pacts.items[index];
    const struct cli_verify_options *o = &p->options;
    bool has_states = o->state_url != NULL || o->state_command != NULL;
    struct msvc_error err;
    int status;
    int code;

    p->consumer = msvc_pact_consumer(pact->pact);
    status = msvc_contract_verify(
        &p->reports[p->count], pact->pact, p->provider,
        MSVC_CONTRACT_OPTIONS(.headers = o->headers, .state = has_states ? set_state : NULL,
                              .tears_down_states = o->tears_down, .message = make_message,
                              .progress = show_progress, .user = p, .consumer = o->consumer,
                              .description = o->description, .with_state = o->state,
                              .without_state = o->without_state,
                              .wanted = o->earlier != NULL ? has_failed_earlier : NULL,
                              .workers = o->workers,
                              .ends_at_first_failure = o->ends_at_first_failure,
                              .is_pending = o->is_pending || pact->is_pending,
                              .provider_version = o->provider_version,
                              .provider_branch = o->provider_branch, .base_url = o->provider_url),
        &err);
    hide_progress(p);
    if (status == MSVC_ERR_INVALID)
        return cli_usage("verify", "%s", err.message);
    if (status < 0)
        return cli_fail(&err, status == MSVC_ERR_UNAVAILABLE ? CLI_NOT_REACHABLE : CLI_INTERNAL);
    code = cli_fetch_report(&p->options.fetch, index, p->reports[p->count]);
    if (msvc_contract_failed_count(p->reports[p->count++]) > 0 && code == CLI_OK)
        code = CLI_MISMATCH;
    return code;
}

/* Every pact is looked at, unless there is nobody to ask; the worst says how it ended. */
static int verify_all(struct program *p)
{
    int worst = CLI_OK;

    p->reports = msvc__new_array(p->pacts.count + 1, sizeof(struct msvc_contract_report *));
    if (p->reports == NULL)
        return CLI_INTERNAL;
    for (size_t i = 0; i < p->pacts.count; i++) {
        int code = verify(p, i);

        worst = code > worst ? code : worst;
        if (code == CLI_USAGE || code == CLI_NOT_REACHABLE || code == CLI_INTERNAL ||
            (code == CLI_MISMATCH && p->options.ends_at_first_failure))
            break;
    }
    return worst;
}

/* A run that looked at nothing proves nothing; unless nothing had failed before. */
static int check_count(const struct program *p, int code)
{
    size_t count = 0;

    for (size_t i = 0; i < p->count; i++)
        count += msvc_contract_count(p->reports[i]);
    if (count > 0 || code != CLI_OK || p->options.may_be_nothing || p->options.earlier != NULL)
        return code;
    fputs("msvc-verify: no interaction to verify\n", stderr);
    return CLI_NOTHING;
}

static int report_all(struct program *p)
{
    return p->count > 0 ? cli_outputs_write(&p->options.outputs, p->reports, p->count) : CLI_OK;
}

static int load(struct program *p)
{
    int worst = CLI_OK;
    int code;

    if (p->options.earlier != NULL)
        worst = cli_earlier_open(&p->earlier, p->options.earlier);
    for (size_t i = 0; i < p->options.source_count; i++) {
        code = cli_pacts_add(&p->pacts, p->options.sources[i], p->client);

        worst = code > worst ? code : worst;
    }
    code = cli_fetch_all(&p->options.fetch, &p->pacts);
    return code > worst ? code : worst;
}

static int run(struct program *p)
{
    struct msvc_error err;
    int loaded;
    int verified;
    int reported;

    if (connect_all(p, &err) < 0)
        return cli_fail(&err, CLI_USAGE);
    loaded = load(p);
    verified = p->options.earlier != NULL && p->earlier.report == NULL ? CLI_OK : verify_all(p);
    reported = report_all(p);
    if (reported > verified)
        verified = reported;
    return loaded > verified ? loaded : check_count(p, verified);
}

static void clear(struct program *p)
{
    for (size_t i = 0; i < p->count; i++)
        msvc_contract_report_free(p->reports[i]);
    free(p->reports);
    cli_pacts_clear(&p->pacts);
    cli_fetch_clear(&p->options.fetch);
    cli_earlier_clear(&p->earlier);
    cli_peer_clear(&p->hooks.states);
    cli_peer_clear(&p->hooks.messages);
    msvc_http_transport_free(p->provider);
    msvc_http_client_free(p->client);
}

int cli_verify(int argc, char **argv)
{
    struct program p = { .count = 0 };
    int code = cli_verify_options_read(&p.options, argc, argv);

    if (code < 0) {
        p.shows_progress = !p.options.is_quiet && isatty(STDERR_FILENO) == 1;
        code = run(&p);
    }
    clear(&p);
    return code;
}
