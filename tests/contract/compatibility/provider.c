/* SPDX-License-Identifier: MIT */
/* A provider that answers what a table says, and the verification of it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "broker.h"
#include "world.h"

#define PACTS_MAX 8

/* A pact file of one interaction. */
struct wanted {
    char *text;
    size_t length;
    const char *number; /* of the interaction; of the feature */
    struct msvc_contract_report *report;
};

struct provider {
    struct world *world;
    struct definition answers[DEFINED_MAX];
    size_t answer_count;
    struct msvc_http_router *router;
    struct msvc_http_server *server;
    struct msvc_http_transport *transport;

    pthread_mutex_t lock;
    struct msvc_buffer requests; /* the headers of all, a line each; under the lock */
    struct msvc_buffer states;   /* "setup NAME PARAMS\n" of each call; under the lock */

    struct wanted wanted[PACTS_MAX];
    size_t wanted_count;
    bool has_state_callback;
    bool state_callback_fails;
    struct msvc__pairs filter; /* headers that are sent with every request */
    struct broker *broker;     /* NULL: the files are at hand */
    bool publishes;
};

static struct provider *begin(struct world *w)
{
    if (w->provider == NULL) {
        w->provider = calloc(1, sizeof(*w->provider));
        if (w->provider == NULL || pthread_mutex_init(&w->provider->lock, NULL) != 0)
            exit(1);
        w->provider->world = w;
    }
    return w->provider;
}

void provider_free(struct world *w)
{
    struct provider *p = w->provider;

    if (p == NULL)
        return;
    msvc_http_transport_free(p->transport);
    msvc_http_server_free(p->server);
    msvc_http_router_free(p->router);
    broker_free(p->broker);
    for (size_t i = 0; i < p->wanted_count; i++) {
        free(p->wanted[i].text);
        msvc_contract_report_free(p->wanted[i].report);
    }
    msvc__pairs_clear(&p->filter);
    msvc_buffer_clear(&p->requests);
    msvc_buffer_clear(&p->states);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

static void reply(struct world *w, struct msvc_http_exchange *x, const struct definition *d)
{
    const char *const *v = d->values;
    struct msvc__pairs headers = { .items = NULL };
    struct payload body;
    const char *type;

    read_payload(w, &body, v[COLUMN_RESPONSE_BODY]);
    (void)read_headers(&headers, v[COLUMN_RESPONSE_HEADERS]);
    type = v[COLUMN_RESPONSE_TYPE] != NULL ? v[COLUMN_RESPONSE_TYPE] : body.type;
    for (size_t i = 0; i < headers.count; i++)
        msvc_http_reply_header(x, headers.items[i].name, headers.items[i].value);
    msvc_http_reply(x, v[COLUMN_STATUS] != NULL ? atoi(v[COLUMN_STATUS]) : 200,
                    type[0] != '\0' ? type : NULL, body.bytes.length > 0 ? body.bytes.data : "",
                    body.bytes.length);
    msvc__pairs_clear(&headers);
    payload_clear(&body);
}

static void handle(struct msvc_http_exchange *x, void *user)
{
    struct provider *p = user;
    const struct msvc_header *header = msvc_http_headers(x);

    (void)pthread_mutex_lock(&p->lock);
    for (; header != NULL && header->name != NULL; header++)
        msvc_buffer_printf(&p->requests, "%s: %s\n", header->name, header->value);
    (void)pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->answer_count; i++) {
        const char *const *v = p->answers[i].values;

        if (strcmp(v[COLUMN_METHOD], msvc_http_method(x)) == 0 &&
            strcmp(v[COLUMN_PATH] + 1, msvc_http_param(x, "path")) == 0) {
            reply(p->world, x, &p->answers[i]);
            return;
        }
    }
    msvc_http_reply_problem(x, 404, NULL, "no such thing");
}

static void start(struct world *w)
{
    static const char *const methods[] = { "GET", "PUT", "POST" };
    struct provider *p = begin(w);
    struct msvc_http_client *client = NULL;
    struct msvc_error err;
    char url[128];
    int status = msvc_http_router_new(&p->router, NULL);

    for (size_t i = 0; status == 0 && i < 3; i++)
        status = msvc_http_route(p->router, methods[i], "/{path...}", handle, p, NULL);
    if (status < 0)
        world_fail(w, "no router");
    else if (world_ok(w, msvc_http_server_start(&p->server, p->router, NULL, &err), &err) &&
             world_ok(w, msvc_http_client_new(&client, NULL, &err), &err)) {
        (void)snprintf(url, sizeof(url), "http://%s", msvc_http_server_address(p->server));
        (void)world_ok(w, msvc_http_client_transport(&p->transport, client, url, &err), &err);
    }
    msvc_http_client_free(client);
}

static void provider_starts(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    struct provider *p = begin(w);

    for (const char *at = arguments[1]; at != NULL && p->answer_count < DEFINED_MAX;) {
        struct definition *found = find_definition(w, at);

        if (found == NULL)
            return;
        p->answers[p->answer_count] = *found;
        if (step->table.rows > 0)
            change_definition(&p->answers[p->answer_count], &step->table, 0);
        p->answer_count++;
        at = strchr(at, ',');
        at = at != NULL ? at + 1 : NULL;
    }
    start(w);
}

/* states: members of the interaction, each with a comma behind it. */
static void add_pact(struct world *w, const struct gherkin_step *step, const char *number,
                     const char *states)
{
    struct provider *p = begin(w);
    const struct definition *d = find_definition(w, number);
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct wanted *wanted = &p->wanted[p->wanted_count];

    if (d == NULL || p->wanted_count == PACTS_MAX)
        return;
    write_pact_file(w, &text, d, 1, w->version, states);
    wanted->length = text.length;
    wanted->text = msvc_buffer_steal(&text);
    wanted->number = strstr(step->text, " interaction ") + strlen(" interaction ");
    p->wanted_count++;
}

static void pact_is_to_be_verified(struct world *w, const struct gherkin_step *step,
                                   char *const *arguments)
{
    add_pact(w, step, arguments[0], "");
}

static void pact_comes_from_a_broker(struct world *w, const struct gherkin_step *step,
                                     char *const *arguments)
{
    struct provider *p = begin(w);

    add_pact(w, step, arguments[0], "");
    if (p->broker == NULL)
        p->broker = broker_start(w);
    if (w->why[0] == '\0')
        broker_add(p->broker, arguments[0], p->wanted[p->wanted_count - 1].text);
}

static void pact_has_a_state(struct world *w, const struct gherkin_step *step,
                             char *const *arguments)
{
    char states[512];

    (void)snprintf(states, sizeof(states),
                   w->version < 3 ? "\"providerState\":\"%s\","
                                  : "\"providerStates\":[{\"name\":\"%s\"}],",
                   arguments[1]);
    add_pact(w, step, arguments[0], states);
}

static void pact_has_states(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    struct msvc_buffer states = MSVC_BUFFER_INIT;

    msvc_buffer_text(&states, "\"providerStates\":[");
    for (size_t row = 0; row + 1 < step->table.rows; row++) {
        const char *params = gherkin_cell(&step->table, row, "Parameters");

        msvc_buffer_printf(&states, "%s{\"name\":\"%s\",\"params\":%s}", row > 0 ? "," : "",
                           gherkin_cell(&step->table, row, "State Name"),
                           params != NULL ? params : "{}");
    }
    msvc_buffer_text(&states, "],");
    if (msvc_buffer_status(&states) == 0)
        add_pact(w, step, arguments[0], states.data);
    msvc_buffer_clear(&states);
}

static void state_callback_is_configured(struct world *w, const struct gherkin_step *step,
                                         char *const *arguments)
{
    (void)step;
    begin(w)->has_state_callback = true;
    begin(w)->state_callback_fails = arguments[0] != NULL;
}

static void filter_is_configured(struct world *w, const struct gherkin_step *step,
                                 char *const *arguments)
{
    (void)arguments;
    if (!read_headers(&begin(w)->filter, gherkin_cell(&step->table, 0, "headers")))
        world_fail(w, "a filter that cannot be read");
}

static void publishing_is_enabled(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    (void)step;
    (void)arguments;
    begin(w)->publishes = true;
}

static int change_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                        void *user, struct msvc_error *err)
{
    struct provider *p = user;

    (void)values;
    (void)pthread_mutex_lock(&p->lock);
    msvc_buffer_printf(&p->states, "%s %s %s\n", state->is_teardown ? "teardown" : "setup",
                       state->name, state->params);
    (void)pthread_mutex_unlock(&p->lock);
    if (p->state_callback_fails)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "test", 0, "it cannot be set up");
    return 0;
}

static void verify(struct world *w, const char *text, size_t length,
                   struct msvc_contract_report **out)
{
    struct provider *p = w->provider;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    if (world_ok(w, msvc_pact_parse(&pact, text, length, &err), &err))
        (void)world_ok(
            w,
            msvc_contract_verify(
                out, pact, p->transport,
                MSVC_CONTRACT_OPTIONS(.headers = p->filter.items,
                                      .state = p->has_state_callback ? change_state : NULL,
                                      .tears_down_states = true, .user = p),
                &err),
            &err);
    msvc_pact_free(pact);
}

static void verification_is_run(struct world *w, const struct gherkin_step *step,
                                char *const *arguments)
{
    struct provider *p = w->provider;

    (void)step;
    (void)arguments;
    if (p->broker != NULL) {
        broker_verify(p->broker, w, verify, p->publishes);
        return;
    }
    for (size_t i = 0; i < p->wanted_count; i++)
        verify(w, p->wanted[i].text, p->wanted[i].length, &p->wanted[i].report);
}

static size_t failed_count(const struct provider *p)
{
    size_t count = p->broker != NULL ? broker_failed_count(p->broker) : 0;

    for (size_t i = 0; i < p->wanted_count; i++)
        count += msvc_contract_failed_count(p->wanted[i].report);
    return count;
}

static void write_reports(struct msvc_buffer *out, struct provider *p)
{
    for (size_t i = 0; i < p->wanted_count; i++) {
        struct msvc_error err;

        if (p->wanted[i].report != NULL)
            (void)world_ok(p->world, msvc_contract_write(out, &p->wanted[i].report, 1, NULL, &err),
                           &err);
    }
}

static void fail_with_reports(struct world *w)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    write_reports(&text, w->provider);
    world_fail(w, "the report says: %s", text.length > 0 ? text.data : "nothing");
    msvc_buffer_clear(&text);
}

static void verification_is_successful(struct world *w, const struct gherkin_step *step,
                                       char *const *arguments)
{
    bool wants_success = arguments[0] == NULL;

    (void)step;
    if ((failed_count(w->provider) == 0) != wants_success)
        fail_with_reports(w);
}

/* The suite names errors by what was compared; so do we. */
static void results_have_an_error(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    static const char *const names[][2] = {
        { "Response status did not match", "status" },
        { "Headers had differences", "header" },
        { "Body had differences", "body" },
        { "Metadata had differences", "metadata" },
        { "State change request failed", "state" },
    };
    const struct provider *p = w->provider;

    (void)step;
    for (size_t i = 0; i < p->wanted_count; i++) {
        const struct msvc_contract_report *report = p->wanted[i].report;
        size_t count = msvc_contract_mismatch_count(report, 0);

        for (size_t j = 0; j < count; j++) {
            for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
                if (strcmp(names[k][0], arguments[0]) == 0 &&
                    strcmp(msvc_contract_mismatch(report, 0, j)->part, names[k][1]) == 0)
                    return;
            }
        }
    }
    fail_with_reports(w);
}

static void compare_state_call(struct world *w, const char *action, const char *name,
                               const char *params)
{
    struct provider *p = w->provider;
    char wanted[512];

    (void)snprintf(wanted, sizeof(wanted), "%s %s %s\n", action, name, params);
    if (p->states.length == 0 || strstr(p->states.data, wanted) == NULL)
        world_fail(w, "expected \"%s\" among the calls:\n%s", wanted,
                   p->states.length > 0 ? p->states.data : "none");
}

static void callback_gets_a_state(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    (void)step;
    compare_state_call(w, arguments[0], arguments[2], "{}");
}

static int by_column(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

/* Parameters as the canonical object that the callback gets: members by name. */
static void callback_gets_parameters(struct world *w, const struct gherkin_step *step,
                                     char *const *arguments)
{
    char members[8][128];
    const char *sorted[8];
    char params[1024] = "{";
    size_t count = step->table.columns < 8 ? step->table.columns : 8;

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(members[i], sizeof(members[i]), "\"%s\":%s", step->table.cells[i],
                       step->table.cells[step->table.columns + i]);
        sorted[i] = members[i];
    }
    qsort(sorted, count, sizeof(sorted[0]), by_column);
    for (size_t i = 0; i < count; i++) {
        strcat(params, i > 0 ? "," : "");
        strcat(params, sorted[i]);
    }
    strcat(params, "}");
    compare_state_call(w, arguments[0], arguments[2], params);
}

static void callback_is_called(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    const char *action = strcmp(arguments[0], "before") == 0 ? "setup" : "teardown";
    const struct provider *p = w->provider;

    (void)step;
    if (p->states.length == 0 || strstr(p->states.data, action) == NULL)
        world_fail(w, "there was no %s", action);
}

static void callback_gets_no_teardown(struct world *w, const struct gherkin_step *step,
                                      char *const *arguments)
{
    (void)step;
    (void)arguments;
    if (w->provider->states.length > 0 && strstr(w->provider->states.data, "teardown") != NULL)
        world_fail(w, "there was one");
}

static void warning_is_shown(struct world *w, const struct gherkin_step *step,
                             char *const *arguments)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    (void)step;
    write_reports(&text, w->provider);
    if (text.length == 0 || strstr(text.data, arguments[0]) == NULL ||
        strstr(text.data, "not set up") == NULL)
        world_fail(w, "the report says: %s", text.length > 0 ? text.data : "nothing");
    msvc_buffer_clear(&text);
}

static void request_has_the_header(struct world *w, const struct gherkin_step *step,
                                   char *const *arguments)
{
    struct provider *p = w->provider;
    char line[256];

    (void)step;
    (void)snprintf(line, sizeof(line), "%s\n", arguments[0]);
    if (p->requests.length == 0 || strstr(p->requests.data, line) == NULL)
        world_fail(w, "the headers were:\n%s", p->requests.length > 0 ? p->requests.data : "none");
}

static void result_is_published(struct world *w, const struct gherkin_step *step,
                                char *const *arguments)
{
    (void)step;
    broker_expect_result(w->provider->broker, w, arguments[2],
                         strcmp(arguments[0], "successful") == 0);
}

static void no_result_is_published(struct world *w, const struct gherkin_step *step,
                                   char *const *arguments)
{
    (void)step;
    (void)arguments;
    broker_expect_no_result(w->provider->broker, w);
}

const struct step_pattern provider_steps[] = {
    { "a provider is started that returns the responses? from interactions? (\"?)([0-9, ]+)\"?"
      "(, with the following changes:)?",
      provider_starts },
    { "a Pact file for interaction ([0-9]+) is to be verified", pact_is_to_be_verified },
    { "a Pact file for interaction ([0-9]+) is to be verified from a Pact broker",
      pact_comes_from_a_broker },
    { "a Pact file for interaction ([0-9]+) is to be verified with a provider state \"(.*)\" "
      "defined",
      pact_has_a_state },
    { "a Pact file for interaction ([0-9]+) is to be verified with the following provider states "
      "defined:",
      pact_has_states },
    { "a provider state callback is configured(, but will return a failure)?",
      state_callback_is_configured },
    { "a request filter is configured to make the following changes:", filter_is_configured },
    { "publishing of verification results is enabled", publishing_is_enabled },
    { "the verification is run", verification_is_run },
    { "the verification will be successful", verification_is_successful },
    { "the verification will (NOT) be successful", verification_is_successful },
    { "the verification results will contain a \"(.*)\" error", results_have_an_error },
    { "the provider state callback will receive a (setup|teardown) call (with )?\"(.*)\" as the "
      "provider state parameter",
      callback_gets_a_state },
    { "the provider state callback will receive a (setup|teardown) call (with )?\"(.*)\" and the "
      "following parameters:",
      callback_gets_parameters },
    { "the provider state callback will be called (before|after) the verification is run",
      callback_is_called },
    { "the provider state callback will NOT receive a teardown call", callback_gets_no_teardown },
    { "a warning will be displayed that there was no provider state callback configured for "
      "provider state \"(.*)\"",
      warning_is_shown },
    { "the request to the provider will contain the header \"(.*)\"", request_has_the_header },
    { "a (successful|failed) verification result will be published back for (the )?interaction "
      "\\{([0-9]+)\\}",
      result_is_published },
    { "a verification result will NOT be published back", no_result_is_published },
    { NULL, NULL },
};
