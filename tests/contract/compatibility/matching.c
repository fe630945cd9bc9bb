/* SPDX-License-Identifier: MIT */
/* Comparing parts in memory: what was expected with what is received. */
#include <stdio.h>
#include <string.h>

#include <msvc/json.h>

#include "world.h"

static void expect_part(struct world *w, const struct definition *d)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    struct msvc_error err;

    msvc__part_clear(&w->expected);
    write_part(w, &text, d, true, w->version);
    if (world_ok(w, msvc_json_parse(&document, text.data, text.length, NULL, &err), &err))
        (void)world_ok(
            w, msvc__part_read(&w->expected, msvc_json_root(document), true, w->version, &err),
            &err);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
}

static void receive(struct world *w, const struct definition *d)
{
    if (w->received_count < RECEIVED_MAX)
        receive_part(w, &w->received[w->received_count++], d);
}

static void request_is_expected(struct world *w, const struct gherkin_step *step,
                                char *const *arguments)
{
    struct definition d = { .values = { NULL } };

    (void)arguments;
    change_definition(&d, &step->table, 0);
    expect_part(w, &d);
}

static void requests_are_received(struct world *w, const struct gherkin_step *step,
                                  char *const *arguments)
{
    (void)arguments;
    for (size_t row = 0; row + 1 < step->table.rows; row++) {
        struct definition d = { .values = { NULL } };

        change_definition(&d, &step->table, row);
        receive(w, &d);
    }
}

static void header_is_expected(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    struct definition d = { .values = { NULL } };
    char cell[512];

    (void)step;
    (void)snprintf(cell, sizeof(cell), "'%s: %s'", arguments[0], arguments[1]);
    d.values[COLUMN_HEADERS] = cell;
    expect_part(w, &d);
}

static void header_is_received(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    struct definition d = { .values = { NULL } };
    char cell[512];

    (void)step;
    (void)snprintf(cell, sizeof(cell), "'%s: %s'", arguments[0], arguments[1]);
    d.values[COLUMN_HEADERS] = cell;
    receive(w, &d);
}

static void parts_are_compared(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    (void)step;
    (void)arguments;
    for (size_t i = 0; i < w->received_count; i++) {
        if (msvc__match(&w->mismatches, &w->expected, &w->received[i]) < 0)
            world_fail(w, "no memory");
    }
}

static void show_mismatches(struct world *w)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc__mismatches_write(&text, &w->mismatches, "# ");
    world_fail(w, "there are %zu mismatches:\n%s", w->mismatches.found,
               text.length > 0 ? text.data : "");
    msvc_buffer_clear(&text);
}

static void comparison_is_ok(struct world *w, const struct gherkin_step *step,
                             char *const *arguments)
{
    bool wants_ok = arguments[0] == NULL;

    (void)step;
    if ((w->mismatches.found == 0) != wants_ok)
        show_mismatches(w);
}

static void mismatch_is(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    (void)step;
    for (size_t i = 0; i < w->mismatches.count; i++) {
        const struct msvc_contract_mismatch *one = &w->mismatches.items[i];

        if (strcmp(one->path, arguments[0]) == 0 && message_is(one->message, arguments[1]))
            return;
    }
    show_mismatches(w);
}

const struct step_pattern matching_steps[] = {
    { "an expected request configured with the following:", request_is_expected },
    { "a request is received with the following:", requests_are_received },
    { "the following requests are received:", requests_are_received },
    { "an expected request with an? \"(.*)\" header of \"(.*)\"", header_is_expected },
    { "a request is received with an? \"(.*)\" header of \"(.*)\"", header_is_received },
    { "the requests? (is|are) compared to the expected one", parts_are_compared },
    { "the comparison should be OK", comparison_is_ok },
    { "the comparison should (NOT) be OK", comparison_is_ok },
    { "the mismatches will contain a mismatch with error \"(.*)\" -> \"(.*)\"", mismatch_is },
    { NULL, NULL },
};
