/* SPDX-License-Identifier: MIT */
/* A consumer's test: the mock, over HTTP, and the file that comes out of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/contract_mock.h>
#include <msvc/contract_verify.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"

#include "world.h"

struct consumer {
    struct msvc_pact *pact;
    struct msvc_pact_mock *mock;
    struct msvc_http_transport *transport;
    struct msvc_http_answer *answer; /* the last one */
    char folder[64];
    char path[96];
    struct msvc_pact *written; /* what is in the file */
    int mock_status;           /* of the last check */
    char states[2048];         /* of the interaction that is being defined: a list's inside */
};

static struct consumer *begin(struct world *w)
{
    struct consumer *c = w->consumer;

    if (c == NULL) {
        w->consumer = c = calloc(1, sizeof(*c));
        if (c == NULL)
            exit(1);
        strcpy(c->folder, "/tmp/msvc-compatibility-XXXXXX");
        if (mkdtemp(c->folder) == NULL)
            world_fail(w, "no folder");
        (void)snprintf(c->path, sizeof(c->path), "%s/c-p.json", c->folder);
    }
    return c;
}

void consumer_free(struct world *w)
{
    struct consumer *c = w->consumer;

    if (c == NULL)
        return;
    msvc_http_answer_free(c->answer);
    msvc_http_transport_free(c->transport);
    msvc_pact_mock_free(c->mock);
    msvc_pact_free(c->pact);
    msvc_pact_free(c->written);
    (void)unlink(c->path);
    (void)rmdir(c->folder);
    free(c);
}

/* Version 1 is not written any more; 3 says the same. */
static unsigned version_of(const struct world *w)
{
    return w->version == 1 ? 3 : w->version;
}

static void start_mock(struct world *w, const struct definition *definitions, size_t count)
{
    struct consumer *c = begin(w);
    struct msvc_http_client *client = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_error err;

    write_pact_file(w, &text, definitions, count, version_of(w), "");
    if (w->why[0] == '\0' &&
        world_ok(w, msvc_pact_parse(&c->pact, text.data, text.length, &err), &err) &&
        world_ok(w, msvc_pact_mock_start(&c->mock, c->pact, NULL, &err), &err) &&
        world_ok(w, msvc_http_client_new(&client, NULL, &err), &err))
        (void)world_ok(
            w, msvc_http_client_transport(&c->transport, client, msvc_pact_mock_url(c->mock), &err),
            &err);
    msvc_http_client_free(client);
    msvc_buffer_clear(&text);
}

static void interactions_are_defined(struct world *w, const struct gherkin_step *step,
                                     char *const *arguments)
{
    (void)arguments;
    define_interactions(w, &step->table);
}

static void mock_starts_with_one(struct world *w, const struct gherkin_step *step,
                                 char *const *arguments)
{
    struct definition *found = find_definition(w, arguments[0]);
    struct definition d;

    if (found == NULL)
        return;
    d = *found;
    if (step->table.rows > 0)
        change_definition(&d, &step->table, 0);
    start_mock(w, &d, 1);
}

static void mock_starts_with_several(struct world *w, const struct gherkin_step *step,
                                     char *const *arguments)
{
    struct definition list[DEFINED_MAX];
    size_t count = 0;

    (void)step;
    for (const char *at = arguments[0]; at != NULL && count < DEFINED_MAX;) {
        struct definition *found = find_definition(w, at);

        if (found == NULL)
            return;
        list[count++] = *found;
        at = strchr(at, ',');
        at = at != NULL ? at + 1 : NULL;
    }
    start_mock(w, list, count);
}

/* type: of a body that does not say; NULL: none. */
static void send_request(struct world *w, const struct definition *d, const char *type)
{
    const char *const *v = d->values;
    struct consumer *c = begin(w);
    struct msvc__pairs headers = { .items = NULL };
    struct payload body;
    char target[512];
    struct msvc_error err;

    read_payload(w, &body, v[COLUMN_BODY]);
    (void)snprintf(target, sizeof(target), "%s%s%s", v[COLUMN_PATH],
                   v[COLUMN_QUERY] != NULL ? "?" : "",
                   v[COLUMN_QUERY] != NULL ? v[COLUMN_QUERY] : "");
    (void)read_headers(&headers,
                       v[COLUMN_RAW_HEADERS] != NULL ? v[COLUMN_RAW_HEADERS] : v[COLUMN_HEADERS]);
    msvc_http_answer_free(c->answer);
    c->answer = NULL;
    (void)world_ok(
        w,
        msvc_http_call(c->transport,
                       MSVC_HTTP_REQUEST(.method = v[COLUMN_METHOD], .target = target,
                                         .headers = headers.items,
                                         .body = body.is_present ? body.bytes.data : NULL,
                                         .body_length = body.bytes.length,
                                         .content_type = body.type[0] != '\0' ? body.type : type),
                       &c->answer, &err),
        &err);
    msvc__pairs_clear(&headers);
    payload_clear(&body);
}

static void request_is_made(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    struct definition *found = find_definition(w, arguments[0]);
    struct definition d;
    struct payload before;

    if (found == NULL)
        return;
    d = *found;
    if (step->table.rows > 0)
        change_definition(&d, &step->table, 0);
    read_payload(w, &before, found->values[COLUMN_BODY]); /* a changed body keeps its type */
    send_request(w, &d, before.type[0] != '\0' ? before.type : NULL);
    payload_clear(&before);
}

static void answer_has_status(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    (void)step;
    if (msvc_http_answer_status(w->consumer->answer) != atoi(arguments[0]))
        world_fail(w, "the mock answered %d: %.*s", msvc_http_answer_status(w->consumer->answer),
                   900, msvc_http_answer_body(w->consumer->answer, NULL));
}

/* Whether bytes are the same JSON as a fixture. */
static void compare_json(struct world *w, const char *name, const char *bytes, size_t length)
{
    struct msvc_buffer fixture = MSVC_BUFFER_INIT;
    struct msvc_json_document *wanted = NULL;
    struct msvc_json_document *found = NULL;
    struct msvc_error err;

    if (load_fixture(w, &fixture, name) &&
        world_ok(w, msvc_json_parse(&wanted, fixture.data, fixture.length, NULL, &err), &err) &&
        world_ok(w, msvc_json_parse(&found, bytes, length, NULL, &err), &err) &&
        !msvc__json_equal(msvc_json_root(wanted), msvc_json_root(found)))
        world_fail(w, "expected %s, found %.*s", name, (int)length, bytes);
    msvc_json_free(wanted);
    msvc_json_free(found);
    msvc_buffer_clear(&fixture);
}

static void answer_holds_json(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    size_t length = 0;
    const char *body = msvc_http_answer_body(w->consumer->answer, &length);
    char name[256];

    (void)step;
    (void)snprintf(name, sizeof(name), "%s.json", arguments[0]);
    compare_json(w, name, body, length);
}

static void answer_has_type(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    const char *type =
        msvc_header_find(msvc_http_answer_headers(w->consumer->answer), "Content-Type", 0);

    (void)step;
    if (type == NULL || strcmp(type, arguments[0]) != 0)
        world_fail(w, "the content type is %s", type != NULL ? type : "not set");
}

static void test_is_done(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    struct consumer *c = begin(w);
    struct msvc_error err;

    (void)step;
    (void)arguments;
    c->mock_status = msvc_pact_mock_check(c->mock, &err);
    if (c->mock_status == 0)
        (void)world_ok(w, msvc_pact_write(c->pact, c->folder, NULL, &err), &err);
}

static void mock_is_ok(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    bool wants_ok = arguments[0] == NULL || arguments[0][0] == '\0';

    (void)step;
    if ((w->consumer->mock_status == 0) != wants_ok)
        world_fail(w, "the mock says %s %s", msvc_status_name(w->consumer->mock_status),
                   msvc_pact_mock_report(w->consumer->mock));
}

static void file_is_written(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    struct consumer *c = w->consumer;
    bool is_wanted = arguments[0] == NULL || arguments[0][0] == '\0';
    struct msvc_error err;

    (void)step;
    if ((access(c->path, F_OK) == 0) != is_wanted)
        world_fail(w, is_wanted ? "there is no file" : "there is a file");
    else if (is_wanted)
        (void)world_ok(w, msvc_pact_open(&c->written, c->path, &err), &err);
}

static void file_has_interactions(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    (void)step;
    if (msvc_pact_count(w->consumer->written) != strtoul(arguments[0], NULL, 10))
        world_fail(w, "the file has %zu", msvc_pact_count(w->consumer->written));
}

/* The interaction that "first" or "second" means; they stand in the order of their names. */
static const struct msvc__interaction *written(struct world *w, const char *ordinal)
{
    size_t index = strcmp(ordinal, "first") == 0 ? 0 : strcmp(ordinal, "second") == 0 ? 1 : 2;

    if (index < msvc_pact_count(w->consumer->written))
        return w->consumer->written->interactions[index];
    world_fail(w, "there is no %s interaction", ordinal);
    return NULL;
}

static void written_method_is(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    const struct msvc__interaction *x = written(w, arguments[0]);

    (void)step;
    if (x != NULL && strcmp(x->request.method, arguments[1]) != 0)
        world_fail(w, "the method is %s", x->request.method);
}

static void written_body_is(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    const struct msvc__interaction *x = written(w, arguments[0]);
    const struct msvc__part *part = NULL;

    (void)step;
    if (x != NULL)
        part = strcmp(arguments[1], "request") == 0 ? &x->request : &x->responses[0];
    if (part != NULL)
        compare_json(w, arguments[2], part->body, part->body_length);
}

static void written_type_is(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    const struct msvc__interaction *x = written(w, arguments[0]);

    (void)step;
    if (x != NULL && strcmp(x->request.content_type, arguments[1]) != 0)
        world_fail(w, "the content type is %s", x->request.content_type);
}

static void written_header_is(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    const struct msvc__interaction *x = written(w, arguments[0]);
    const char *value =
        x != NULL ? msvc_header_find(x->request.headers.items, arguments[1], 0) : NULL;

    (void)step;
    if (x != NULL && (value == NULL || strcmp(value, arguments[2]) != 0))
        world_fail(w, "its value is %s", value != NULL ? value : "not there");
}

static void written_query_is(struct world *w, const struct gherkin_step *step,
                             char *const *arguments)
{
    const struct msvc__interaction *x = written(w, arguments[0]);
    struct msvc__pairs wanted = { .items = NULL };

    (void)step;
    (void)msvc__pairs_add_query(&wanted, arguments[1]);
    for (size_t i = 0; x != NULL && i < wanted.count; i++) {
        const char *value = msvc_header_find(x->request.query.items, wanted.items[i].name, 0);

        if (value == NULL || strcmp(value, wanted.items[i].value) != 0)
            world_fail(w, "%s is %s", wanted.items[i].name, value != NULL ? value : "not there");
    }
    if (x != NULL && x->request.query.count != wanted.count)
        world_fail(w, "there are %zu parameters", x->request.query.count);
    msvc__pairs_clear(&wanted);
}

/* The first finding of a kind. */
static const struct msvc_pact_finding *find(struct world *w, enum msvc_pact_finding_kind kind)
{
    struct msvc_pact_mock *mock = w->consumer->mock;
    int status = msvc_pact_mock_check(mock, NULL);

    for (size_t i = 0; status < 0 && i < msvc_pact_mock_finding_count(mock); i++) {
        if (msvc_pact_mock_finding(mock, i)->kind == kind)
            return msvc_pact_mock_finding(mock, i);
    }
    world_fail(w, "the mock says: %s", msvc_pact_mock_report(mock));
    return NULL;
}

static void mock_misses_an_interaction(struct world *w, const struct gherkin_step *step,
                                       char *const *arguments)
{
    const struct msvc_pact_finding *found = find(w, MSVC_PACT_FINDING_UNUSED);
    char wanted[64];

    (void)step;
    (void)snprintf(wanted, sizeof(wanted), "interaction %s", arguments[0]);
    if (found != NULL && strcmp(found->description, wanted) != 0)
        world_fail(w, "it misses \"%s\"", found->description);
}

static void compare_unexpected(struct world *w, const char *method, const char *path)
{
    const struct msvc_pact_finding *found = find(w, MSVC_PACT_FINDING_UNEXPECTED);

    if (found != NULL &&
        (strcmp(found->method, method) != 0 || strncmp(found->target, path, strlen(path)) != 0))
        world_fail(w, "unexpected was %s %s", found->method, found->target);
}

static void mock_got_an_unexpected_path(struct world *w, const struct gherkin_step *step,
                                        char *const *arguments)
{
    (void)step;
    compare_unexpected(w, arguments[0], arguments[1]);
}

static void mock_got_an_unexpected_interaction(struct world *w, const struct gherkin_step *step,
                                               char *const *arguments)
{
    const struct definition *d = find_definition(w, arguments[1]);

    (void)step;
    if (d != NULL)
        compare_unexpected(w, arguments[0], d->values[COLUMN_PATH]);
}

static void mock_found_mismatches(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    (void)step;
    (void)arguments;
    (void)find(w, MSVC_PACT_FINDING_MISMATCH);
}

/* The suite tells apart what kind of body it was and what was in it. */
static bool is_part(const struct msvc_contract_mismatch *one, const char *part)
{
    if (strcmp(part, "body-content-type") == 0)
        return strcmp(one->part, "body") == 0 && strcmp(one->rule, "content type") == 0;
    return strcmp(one->part, part) == 0;
}

/* A path NULL is any. */
static void expect_mismatch(struct world *w, const char *part, const char *path,
                            const char *message)
{
    const struct msvc_pact_finding *found = find(w, MSVC_PACT_FINDING_MISMATCH);

    for (size_t i = 0; found != NULL && i < found->mismatch_count; i++) {
        const struct msvc_contract_mismatch *one = &found->mismatches[i];

        if (is_part(one, part) && (path == NULL || strcmp(one->path, path) == 0) &&
            message_is(one->message, message))
            return;
    }
    world_fail(w, "the mock says: %s", msvc_pact_mock_report(w->consumer->mock));
}

static void mismatch_has_text(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    (void)step;
    expect_mismatch(w, arguments[0], NULL, arguments[1]);
}

static void mismatch_has_path(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    (void)step;
    expect_mismatch(w, arguments[0], arguments[1], arguments[2]);
}

static void integration_is_being_defined(struct world *w, const struct gherkin_step *step,
                                         char *const *arguments)
{
    struct consumer *c = begin(w);
    struct msvc_error err;

    (void)step;
    (void)arguments;
    (void)world_ok(
        w, msvc_pact_new(&c->pact, "c", "p", MSVC_PACT_OPTIONS(.version = w->version), &err), &err);
}

#define STATES_MAX 8

/* State "NAME" with the parameters of a table; kept as "NAME\nPARAMS\n". */
static void state_is_specified(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    struct consumer *c = begin(w);
    size_t used = strlen(c->states);

    used += (size_t)snprintf(c->states + used, sizeof(c->states) - used, "%s\n{", arguments[0]);
    for (size_t i = 0; step->table.rows > 1 && i < step->table.columns; i++)
        used += (size_t)snprintf(c->states + used, sizeof(c->states) - used, "%s\"%s\":%s",
                                 i > 0 ? "," : "", step->table.cells[i],
                                 step->table.cells[step->table.columns + i]);
    (void)snprintf(c->states + used, sizeof(c->states) - used, "}\n");
}

static void file_is_generated(struct world *w, const struct gherkin_step *step,
                              char *const *arguments)
{
    struct consumer *c = begin(w);
    struct msvc_pact_state states[STATES_MAX + 1] = { { NULL, NULL } };
    char *rest = c->states;
    struct msvc_error err;

    (void)step;
    (void)arguments;
    for (size_t i = 0; i < STATES_MAX && *rest != '\0'; i++) {
        states[i].name = strtok_r(rest, "\n", &rest);
        states[i].params = strtok_r(rest, "\n", &rest);
    }
    if (world_ok(w,
                 msvc_pact_add(c->pact,
                               MSVC_PACT_INTERACTION(.description = "x", .states = states,
                                                     .request = { .path = "/" }),
                               &err),
                 &err) &&
        world_ok(w, msvc_pact_write(c->pact, c->folder, NULL, &err), &err))
        (void)world_ok(w, msvc_pact_open(&c->written, c->path, &err), &err);
}

static void file_has_states(struct world *w, const struct gherkin_step *step,
                            char *const *arguments)
{
    const struct msvc__interaction *x = written(w, "first");

    (void)step;
    if (x != NULL && x->state_count != strtoul(arguments[0], NULL, 10))
        world_fail(w, "it has %zu", x->state_count);
}

static const struct msvc__state *find_state(struct world *w, const char *name)
{
    const struct msvc__interaction *x = written(w, "first");

    for (size_t i = 0; x != NULL && i < x->state_count; i++) {
        if (strcmp(x->states[i].name, name) == 0)
            return &x->states[i];
    }
    world_fail(w, "it has no such state");
    return NULL;
}

static void file_has_the_state(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    (void)step;
    (void)find_state(w, arguments[0]);
}

static void state_has_parameters(struct world *w, const struct gherkin_step *step,
                                 char *const *arguments)
{
    const struct msvc__state *state = find_state(w, arguments[0]);
    const char *wanted = gherkin_cell(&step->table, 0, "parameters");

    if (state != NULL && (wanted == NULL || strcmp(state->params, wanted) != 0))
        world_fail(w, "they are %s", state->params);
}

const struct step_pattern consumer_steps[] = {
    { "the following HTTP interactions have been defined:", interactions_are_defined },
    { "the mock server is started with interaction ([0-9]+)( but with the following changes:)?",
      mock_starts_with_one },
    { "the mock server is started with interactions \"(.*)\"", mock_starts_with_several },
    { "request ([0-9]+) is made to the mock server( with the following changes:)?",
      request_is_made },
    { "a ([0-9]+) (success|error) response is returned", answer_has_status },
    { "the payload will contain the \"(.*)\" JSON document", answer_holds_json },
    { "the content type will be set as \"(.*)\"", answer_has_type },
    { "the pact test is done", test_is_done },
    { "the mock server status will (NOT )?be OK", mock_is_ok },
    { "the mock server will (NOT )?write out a Pact file for the interactions? when done",
      file_is_written },
    { "the pact file will contain \\{([0-9]+)\\} interactions?", file_has_interactions },
    { "the \\{(.*)\\} interaction request will be for a \"(.*)\"", written_method_is },
    { "the \\{(.*)\\} interaction (request|response) will contain the \"(.*)\" document",
      written_body_is },
    { "the \\{(.*)\\} interaction request content type will be \"(.*)\"", written_type_is },
    { "the \\{(.*)\\} interaction request will contain the header \"(.*)\" with value \"(.*)\"",
      written_header_is },
    { "the \\{(.*)\\} interaction request query parameters will be \"(.*)\"", written_query_is },
    { "the mock server status will be an expected but not received error for interaction "
      "\\{([0-9]+)\\}",
      mock_misses_an_interaction },
    { "the mock server status will be an unexpected \"(.*)\" request received error for path "
      "\"(.*)\"",
      mock_got_an_unexpected_path },
    { "the mock server status will be an unexpected \"(.*)\" request received error for "
      "interaction \\{([0-9]+)\\}",
      mock_got_an_unexpected_interaction },
    { "the mock server status will be mismatches", mock_found_mismatches },
    { "the mismatches will contain a \"([^\"]*)\" mismatch with error \"(.*)\"",
      mismatch_has_text },
    { "the mismatches will contain a \"([^\"]*)\" mismatch with path \"([^\"]*)\" with error "
      "\"(.*)\"",
      mismatch_has_path },
    { "an integration is being defined for a consumer test", integration_is_being_defined },
    { "a provider state \"([^\"]*)\" is specified( with the following data:)?",
      state_is_specified },
    { "the Pact file for the test is generated", file_is_generated },
    { "the interaction in the Pact file will contain ([0-9]+) provider states?", file_has_states },
    { "the interaction in the Pact file will contain provider state \"(.*)\"", file_has_the_state },
    { "the provider state \"(.*)\" in the Pact file will contain the following parameters:",
      state_has_parameters },
    { NULL, NULL },
};
