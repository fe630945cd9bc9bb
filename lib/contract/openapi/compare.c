/* SPDX-License-Identifier: MIT */
/* A pact against a document, interaction by interaction; what was found, three ways. */
#include "contract/openapi/openapi_internal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

static void clear_finding(struct msvc_openapi_finding *one)
{
    free((void *)(uintptr_t)one->interaction);
    free((void *)(uintptr_t)one->pact);
    free((void *)(uintptr_t)one->openapi);
    free((void *)(uintptr_t)one->message);
}

static char *steal(struct msvc_buffer *text)
{
    char *stolen = text->length > 0 ? msvc_buffer_steal(text) : msvc__copy_text("");

    msvc_buffer_clear(text);
    return stolen;
}

/* "response.body $.user.id", "request.query limit". */
static char *write_place(const struct msvc__agree *c, const struct msvc__place *place)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_text(&text, c->part);
    if (c->name != NULL)
        msvc_buffer_printf(&text, " %s", c->name);
    if (place != NULL) {
        msvc_buffer_byte(&text, ' ');
        msvc__place_write(&text, place);
    }
    return steal(&text);
}

MSVC_PRINTF(1, 0)
static char *write_message(const char *message, va_list arguments)
{
    struct msvc_error err; /* which makes a line of anything */
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_vprintf(&text, message, arguments);
    (void)msvc_error_set(&err, MSVC_ERR_REFUSED, MSVC__OPENAPI, 0, "%s",
                         text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    return msvc__copy_text(err.message);
}

void msvc__agree_fail(struct msvc__agree *c, const struct msvc__place *place, const char *message,
                      ...)
{
    struct msvc_openapi_comparison *out = c->out;
    struct msvc_openapi_finding one;
    struct msvc_openapi_finding *grown;
    va_list arguments;

    c->errors++;
    if (c->is_trial || out->found++ >= MSVC_OPENAPI_FINDINGS_MAX)
        return;
    grown = msvc__grow(out->items, (out->count + 1) * sizeof(*grown));
    out->items = grown != NULL ? grown : out->items;
    one.interaction = msvc__copy_text(c->interaction);
    one.pact = write_place(c, place);
    one.openapi = msvc__copy_text(c->pointer.data != NULL ? c->pointer.data : "#");
    va_start(arguments, message);
    one.message = write_message(message, arguments);
    va_end(arguments);
    if (grown == NULL || one.interaction == NULL || one.pact == NULL || one.openapi == NULL ||
        one.message == NULL) {
        out->status = MSVC_ERR_NOMEM;
        clear_finding(&one);
        return;
    }
    out->items[out->count++] = one;
}

static void compare_all(struct msvc_openapi_comparison *out, const struct msvc_openapi *openapi,
                        const struct msvc_pact *pact)
{
    struct msvc__agree c = { .out = out, .root = msvc_json_root(openapi->document) };

    for (size_t i = 0; out->status == 0 && i < pact->count; i++) {
        const struct msvc__interaction *interaction = pact->interactions[i];

        if (interaction->kind != MSVC_PACT_KIND_HTTP)
            continue;
        out->compared++;
        c.interaction = interaction->description;
        c.steps = 0;
        msvc__agree_interaction(&c, interaction);
        if (c.steps > MSVC__SCHEMA_STEPS_MAX)
            msvc__agree_fail(&c, NULL, "more than %d schemas to look at", MSVC__SCHEMA_STEPS_MAX);
    }
    msvc_buffer_clear(&c.pointer);
}

int msvc_openapi_compare(struct msvc_openapi_comparison **out, const struct msvc_openapi *openapi,
                         const struct msvc_pact *pact, struct msvc_error *err)
{
    struct msvc_openapi_comparison *comparison;

    if (out == NULL || openapi == NULL || pact == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__OPENAPI, 0,
                              "expected a document and a pact, found NULL");
    comparison = msvc__new(sizeof(*comparison));
    if (comparison != NULL)
        compare_all(comparison, openapi, pact);
    if (comparison == NULL || comparison->status < 0) {
        msvc_openapi_comparison_free(comparison);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__OPENAPI, 0, "no memory");
    }
    *out = comparison;
    return 0;
}

void msvc_openapi_comparison_free(struct msvc_openapi_comparison *comparison)
{
    if (comparison == NULL)
        return;
    for (size_t i = 0; i < comparison->count; i++)
        clear_finding(&comparison->items[i]);
    free(comparison->items);
    free(comparison);
}

size_t msvc_openapi_compared(const struct msvc_openapi_comparison *comparison)
{
    return comparison != NULL ? comparison->compared : 0;
}

size_t msvc_openapi_finding_count(const struct msvc_openapi_comparison *comparison)
{
    return comparison != NULL ? comparison->count : 0;
}

const struct msvc_openapi_finding *msvc_openapi_finding(
    const struct msvc_openapi_comparison *comparison, size_t index)
{
    return index < msvc_openapi_finding_count(comparison) ? &comparison->items[index] : NULL;
}

int msvc_openapi_text(const struct msvc_openapi_comparison *comparison, const char *name,
                      struct msvc_buffer *out)
{
    if (comparison == NULL || name == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct msvc_openapi_finding *one = &comparison->items[i];

        msvc_buffer_printf(out, "%s: \"%s\" %s: %s (%s)\n", name, one->interaction, one->pact,
                           one->message, one->openapi);
    }
    return msvc_buffer_status(out);
}

int msvc_openapi_json(const struct msvc_openapi_comparison *comparison, const char *name,
                      struct msvc_buffer *out)
{
    struct msvc_json_writer w;

    if (comparison == NULL || name == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "file", name);
    msvc_json_member_int(&w, "compared", (int64_t)comparison->compared);
    msvc_json_key(&w, "findings");
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < comparison->count; i++) {
        msvc_json_begin_object(&w);
        msvc_json_member_text(&w, "interaction", comparison->items[i].interaction);
        msvc_json_member_text(&w, "pact", comparison->items[i].pact);
        msvc_json_member_text(&w, "openapi", comparison->items[i].openapi);
        msvc_json_member_text(&w, "message", comparison->items[i].message);
        msvc_json_end_object(&w);
    }
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}
