/* SPDX-License-Identifier: MIT */
/* verify: hold a provider that runs somewhere to pact files. */
#include "contract/cli/command_internal.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/json.h>
#include <msvc/status.h>

#define HEADERS_MAX 64
#define TIMEOUT_MS  10000

static const char help[] =
    "usage: msvc-verify [verify] --provider-url URL [option…] FILE…\n"
    "Sends every request of the pact files to the provider and compares the answers.\n"
    "  --provider-url URL   where the provider is, http:// or https://\n"
    "  --state-url URL      POST {\"state\",\"params\",\"action\":\"setup\"} there before a "
    "request\n"
    "  --header 'N: V'      send this header instead of the pact's; may be repeated\n"
    "  --description TEXT   only interactions whose description has TEXT in it\n"
    "  --timeout MS         for each answer, default 10000\n"
    "  --json               report as JSON, one line for each file\n"
    "  --help\n";

struct program {
    const char *provider_url;
    char state_base[512]; /* scheme and host of the state URL; "" without one */
    const char *state_target;
    const char *description;
    struct msvc_header headers[HEADERS_MAX + 1];
    size_t header_count;
    unsigned timeout_ms;
    bool is_json;
    struct msvc_http_client *client;
    struct msvc_http_transport *provider;
    struct msvc_http_transport *states;
};

/* "Name: value" is cut where it stands. */
static bool add_header(struct program *p, char *text)
{
    char *colon = strchr(text, ':');

    if (colon == NULL || colon == text || p->header_count == HEADERS_MAX)
        return false;
    *colon = '\0';
    p->headers[p->header_count++] =
        (struct msvc_header){ text, colon + 1 + strspn(colon + 1, " \t") };
    return true;
}

static bool read_timeout(struct program *p, const char *text)
{
    unsigned long number = 0;

    if (!cli_number(&number, text, 1, 3600000))
        return false;
    p->timeout_ms = (unsigned)number;
    return true;
}

/* "http://host:1/a/b" is a host and a target there. */
static bool read_state_url(struct program *p, const char *url)
{
    const char *host = strstr(url, "://");
    size_t length = host != NULL ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : 0;

    if (length == 0 || length >= sizeof(p->state_base))
        return false;
    memcpy(p->state_base, url, length);
    p->state_base[length] = '\0';
    p->state_target = url[length] != '\0' ? url + length : "/";
    return true;
}

/* Returns -1 to go on, or what to exit with. */
static int take_option(struct program *p, int option, char *value)
{
    switch (option) {
    case 'p':
        p->provider_url = value;
        return -1;
    case 's':
        return read_state_url(p, value) ? -1
                                        : cli_usage("verify", "expected a URL, found %s", value);
    case 'd':
        p->description = value;
        return -1;
    case 'j':
        p->is_json = true;
        return -1;
    case 'H':
        return add_header(p, value)
                   ? -1
                   : cli_usage("verify", "expected 'Name: value', found %s", value);
    case 't':
        return read_timeout(p, value)
                   ? -1
                   : cli_usage("verify", "expected milliseconds, found %s", value);
    case 'h':
        fputs(help, stdout);
        return CLI_OK;
    default:
        return cli_usage("verify", "an option that is not known");
    }
}

static int read_arguments(struct program *p, int argc, char **argv)
{
    static const struct option options[] = {
        { "provider-url", required_argument, NULL, 'p' },
        { "state-url", required_argument, NULL, 's' },
        { "header", required_argument, NULL, 'H' },
        { "description", required_argument, NULL, 'd' },
        { "timeout", required_argument, NULL, 't' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int code = take_option(p, option, optarg);

        if (code >= 0)
            return code;
    }
    if (p->provider_url == NULL)
        return cli_usage("verify", "expected --provider-url");
    return optind < argc ? -1 : cli_usage("verify", "expected a pact file");
}

/* The provider sets the state up itself, behind a URL. */
static int post_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                      void *user, struct msvc_error *err)
{
    struct program *p = user;
    (void)values;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc_http_answer *answer = NULL;
    struct msvc_json_writer w;
    int status;
    int code;

    msvc_json_writer_init(&w, &body);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "action", "setup");
    msvc_json_key(&w, "params");
    msvc_json_raw(&w, state->params, strlen(state->params));
    msvc_json_member_text(&w, "state", state->name);
    msvc_json_end_object(&w);
    status = msvc_json_writer_status(&w);
    if (status == 0)
        status = msvc_http_call(p->states,
                                MSVC_HTTP_REQUEST(.method = "POST", .target = p->state_target,
                                                  .body = body.data, .body_length = body.length),
                                &answer, err);
    msvc_buffer_clear(&body);
    if (status < 0)
        return status;
    code = msvc_http_answer_status(answer);
    msvc_http_answer_free(answer);
    if (code >= 200 && code < 300)
        return 0;
    return msvc_error_set(err, code == 404 ? MSVC_ERR_NOT_FOUND : MSVC_ERR_REFUSED, "verify", code,
                          "the state URL answered %d", code);
}

static int connect_all(struct program *p, struct msvc_error *err)
{
    int status =
        msvc_http_client_new(&p->client,
                             MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = p->timeout_ms, .attempts = 1,
                                                      .has_no_breaker = true),
                             err);

    if (status == 0)
        status = msvc_http_client_transport(&p->provider, p->client, p->provider_url, err);
    if (status == 0 && p->state_base[0] != '\0')
        status = msvc_http_client_transport(&p->states, p->client, p->state_base, err);
    return status;
}

static int print_report(const struct program *p, const struct msvc_contract_report *report)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = msvc_contract_write(
        &text, &report, 1,
        MSVC_CONTRACT_WRITE_OPTIONS(.format = p->is_json ? MSVC_CONTRACT_JSON : MSVC_CONTRACT_TEXT),
        NULL);

    if (status == 0)
        fwrite(text.data, 1, text.length, stdout);
    msvc_buffer_clear(&text);
    return status;
}

static int verify(struct program *p, const char *path)
{
    struct msvc_contract_report *report = NULL;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    int status;
    int code;

    if (msvc_pact_open(&pact, path, &err) < 0)
        return cli_fail(&err, CLI_BAD_PACT);
    status = msvc_contract_verify(
        &report, pact, p->provider,
        MSVC_CONTRACT_OPTIONS(.headers = p->headers, .description = p->description,
                              .state = p->states != NULL ? post_state : NULL, .user = p,
                              .base_url = p->provider_url),
        &err);
    msvc_pact_free(pact);
    if (status < 0)
        return cli_fail(&err, status == MSVC_ERR_UNAVAILABLE ? CLI_NOT_REACHABLE : CLI_INTERNAL);
    code = msvc_contract_failed_count(report) > 0 ? CLI_MISMATCH : CLI_OK;
    if (print_report(p, report) < 0)
        code = CLI_OUTPUT;
    msvc_contract_report_free(report);
    return code;
}

/* Every file is looked at; the worst says how it ended. */
static int verify_all(struct program *p, int argc, char **argv)
{
    int worst = CLI_OK;

    for (int i = optind; i < argc; i++) {
        int code = verify(p, argv[i]);

        worst = code > worst ? code : worst;
    }
    return worst;
}

int cli_verify(int argc, char **argv)
{
    struct program p = { .timeout_ms = TIMEOUT_MS };
    struct msvc_error err;
    int code = read_arguments(&p, argc, argv);

    if (code < 0 && connect_all(&p, &err) < 0)
        code = cli_fail(&err, CLI_USAGE);
    if (code < 0)
        code = verify_all(&p, argc, argv);
    msvc_http_transport_free(p.states);
    msvc_http_transport_free(p.provider);
    msvc_http_client_free(p.client);
    return code;
}
