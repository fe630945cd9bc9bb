/* SPDX-License-Identifier: MIT */
/* A pact, one interaction after the other: what cannot be read is a finding, and the next one goes
 * on. */
#include "contract/lint/lint_internal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract_check.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/pact_internal.h"

static const char *const names[] = {
    [MSVC_PACT_LINT_DEAD_RULE] = "dead-rule",
    [MSVC_PACT_LINT_TIED_RULES] = "tied-rules",
    [MSVC_PACT_LINT_UNKNOWN_MATCHER] = "unknown-matcher",
    [MSVC_PACT_LINT_BROKEN_EXAMPLE] = "broken-example",
    [MSVC_PACT_LINT_DUPLICATE] = "duplicate",
    [MSVC_PACT_LINT_UNREADABLE] = "unreadable",
    [MSVC_PACT_LINT_SCHEMA] = "schema",
};

static void clear_finding(struct msvc_pact_lint_finding *one)
{
    free((void *)(uintptr_t)one->interaction);
    free((void *)(uintptr_t)one->where);
    free((void *)(uintptr_t)one->message);
}

static char *copy(const char *text)
{
    return msvc__copy_text(text != NULL ? text : "");
}

MSVC_PRINTF(1, 0)
static char *write(const char *message, va_list arguments)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *written;

    msvc_buffer_vprintf(&text, message, arguments);
    written = msvc_buffer_steal(&text);
    msvc_buffer_clear(&text);
    return written;
}

void msvc__lint_add(struct msvc_pact_lint *lint, enum msvc_pact_lint_kind kind,
                    const struct msvc__lint_place *at, const char *where, const char *message, ...)
{
    struct msvc_pact_lint_finding one = { .kind = kind,
                                          .kind_name = names[kind],
                                          .part = at->part };
    struct msvc_pact_lint_finding *grown;
    va_list arguments;

    if (lint->found++ >= MSVC_PACT_LINT_MAX)
        return;
    grown = msvc__grow(lint->items, (lint->count + 1) * sizeof(*grown));
    lint->items = grown != NULL ? grown : lint->items;
    one.interaction = copy(at->interaction);
    one.where = copy(where);
    va_start(arguments, message);
    one.message = write(message, arguments);
    va_end(arguments);
    if (grown == NULL || one.interaction == NULL || one.where == NULL || one.message == NULL) {
        lint->status = MSVC_ERR_NOMEM;
        clear_finding(&one);
        return;
    }
    lint->items[lint->count++] = one;
}

static void look_at(struct msvc_pact_lint *lint, const struct msvc__interaction *interaction)
{
    struct msvc__lint_place at = { interaction->description, "request" };

    if (interaction->needs_plugin)
        return;
    if (interaction->request.is_request || interaction->request.is_message)
        msvc__lint_rules(lint, &at, &interaction->request);
    at.part = interaction->kind == MSVC_PACT_KIND_HTTP ? "response" : "message";
    for (size_t i = 0; i < interaction->response_count; i++)
        msvc__lint_rules(lint, &at, &interaction->responses[i]);
}

/* An interaction of a pact that may have some before it. */
static void keep(struct msvc_pact_lint *lint, struct msvc_pact *seen,
                 struct msvc__interaction *interaction)
{
    const struct msvc__interaction *same = msvc__pact_find(seen, interaction->key);
    struct msvc__lint_place at = { interaction->description, "" };

    if (same != NULL)
        msvc__lint_add(lint, MSVC_PACT_LINT_DUPLICATE, &at, "",
                       strcmp(same->text, interaction->text) == 0
                           ? "it is in the file twice"
                           : "another interaction has the same description and states, and asks "
                             "for something else");
    if (msvc__pact_append(seen, interaction) < 0) {
        lint->status = MSVC_ERR_NOMEM;
        msvc__interaction_free(interaction);
    }
}

static void read_list(struct msvc_pact_lint *lint, struct msvc_pact *seen,
                      const struct msvc_json *list, enum msvc_pact_kind kind)
{
    for (const struct msvc_json *one = msvc_json_first(list); lint->status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        const char *description = msvc_json_string(msvc_json_member(one, "description"), NULL);
        struct msvc__lint_place at = { description, "" };
        struct msvc__interaction *interaction = NULL;
        struct msvc_error err;
        int status =
            msvc__interaction_read(&interaction, one, kind, seen->version, MSVC__READ_ALL, &err);

        if (status == MSVC_ERR_NOMEM) {
            lint->status = status;
        } else if (status < 0) {
            msvc__lint_add(lint, MSVC_PACT_LINT_UNREADABLE, &at, "", "%s", err.message);
        } else {
            look_at(lint, interaction);
            keep(lint, seen, interaction);
        }
    }
}

/* The outline first: which version it is, and whether it is a pact at all. */
static int read_outline(struct msvc_pact **out, const struct msvc_json *root,
                        struct msvc_error *err)
{
    struct msvc_pact *pact = NULL;
    int status = msvc__pact_read(&pact, root, MSVC__READ_OUTLINE, err);

    if (status < 0)
        return status;
    for (size_t i = 0; i < pact->count; i++)
        msvc__interaction_free(pact->interactions[i]);
    pact->count = 0;
    *out = pact;
    return 0;
}

static int lint_root(struct msvc_pact_lint *lint, const struct msvc_json *root,
                     struct msvc_error *err)
{
    struct msvc_pact *seen = NULL;
    int status = read_outline(&seen, root, err);

    if (status < 0)
        return status;
    read_list(lint, seen, msvc_json_member(root, "interactions"), MSVC_PACT_KIND_HTTP);
    read_list(lint, seen, msvc_json_member(root, "messages"), MSVC_PACT_KIND_MESSAGE);
    msvc_pact_free(seen);
    return lint->status < 0 ? msvc_error_set(err, lint->status, MSVC__CONTRACT, 0, "no memory") : 0;
}

static void note_problem(const char *where, const char *problem, void *user)
{
    const struct msvc__lint_place file = { "", "" };

    msvc__lint_add(user, MSVC_PACT_LINT_SCHEMA, &file, where, "%s", problem);
}

/* What cannot be read or is not known was said already, and better. */
static bool breaks_the_schema(const struct msvc_pact_lint *lint)
{
    bool does = false;

    for (size_t i = 0; !does && i < lint->count; i++)
        does = lint->items[i].kind == MSVC_PACT_LINT_UNREADABLE ||
               lint->items[i].kind == MSVC_PACT_LINT_UNKNOWN_MATCHER;
    return does;
}

static int lint_schema(struct msvc_pact_lint *lint, const char *text, size_t length,
                       struct msvc_error *err)
{
    int status;

    if (breaks_the_schema(lint))
        return 0;
    status = msvc_pact_check(text, length, 0, note_problem, lint, err);
    return status < 0 ? status : 0;
}

int msvc_pact_lint(struct msvc_pact_lint **out, const char *text, size_t length,
                   struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    struct msvc_pact_lint *lint;
    int status;

    if (out == NULL || text == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a text, found NULL");
    status = msvc__pact_document(&document, text, length, err);
    if (status < 0)
        return status;
    lint = msvc__new(sizeof(*lint));
    status = lint != NULL ? lint_root(lint, msvc_json_root(document), err)
                          : msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    msvc_json_free(document);
    if (status == 0)
        status = lint_schema(lint, text, length, err);
    if (status < 0)
        msvc_pact_lint_free(lint);
    else
        *out = lint;
    return status;
}

void msvc_pact_lint_free(struct msvc_pact_lint *lint)
{
    if (lint == NULL)
        return;
    for (size_t i = 0; i < lint->count; i++)
        clear_finding(&lint->items[i]);
    free(lint->items);
    free(lint);
}

size_t msvc_pact_lint_count(const struct msvc_pact_lint *lint)
{
    return lint != NULL ? lint->count : 0;
}

const struct msvc_pact_lint_finding *msvc_pact_lint_at(const struct msvc_pact_lint *lint,
                                                       size_t index)
{
    return index < msvc_pact_lint_count(lint) ? &lint->items[index] : NULL;
}

int msvc_pact_lint_text(const struct msvc_pact_lint *lint, const char *name,
                        struct msvc_buffer *out)
{
    if (lint == NULL || name == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    for (size_t i = 0; i < lint->count; i++) {
        const struct msvc_pact_lint_finding *one = &lint->items[i];

        msvc_buffer_printf(out, "%s: %s: ", name, one->kind_name);
        if (one->kind != MSVC_PACT_LINT_SCHEMA)
            msvc_buffer_printf(out, "\"%s\"%s%s%s", one->interaction,
                               one->part[0] != '\0' ? ", " : "", one->part,
                               one->where[0] != '\0' ? " " : "");
        msvc_buffer_printf(out, "%s: %s\n", one->where, one->message);
    }
    return msvc_buffer_status(out);
}

int msvc_pact_lint_json(const struct msvc_pact_lint *lint, const char *name,
                        struct msvc_buffer *out)
{
    struct msvc_json_writer w;

    if (lint == NULL || name == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "file", name);
    msvc_json_key(&w, "findings");
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < lint->count; i++) {
        const struct msvc_pact_lint_finding *one = &lint->items[i];

        msvc_json_begin_object(&w);
        msvc_json_member_text(&w, "kind", one->kind_name);
        msvc_json_member_text(&w, "interaction", one->interaction);
        msvc_json_member_text(&w, "part", one->part);
        msvc_json_member_text(&w, "where", one->where);
        msvc_json_member_text(&w, "message", one->message);
        msvc_json_end_object(&w);
    }
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    return msvc_json_writer_status(&w);
}
