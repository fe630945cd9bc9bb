/* SPDX-License-Identifier: MIT */
/* Copies a part and applies its generators, part for part. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/generate_internal.h"
#include "contract/xml_internal.h"

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static bool is_better(const struct msvc__generator *a, const struct msvc__generator *b,
                      const struct msvc__place *place)
{
    double left = msvc__path_weight(&a->path, place);
    double right = msvc__path_weight(&b->path, place);

    return left > right || (left >= right && strcmp(a->where, b->where) > 0);
}

const struct msvc__generator *msvc__generator_for(const struct msvc__generators *generators,
                                                  const struct msvc__place *place)
{
    const struct msvc__generator *best = NULL;

    for (size_t i = 0; i < generators->count; i++) {
        const struct msvc__generator *one = &generators->items[i];

        if (one->category == MSVC__RULE_BODY && msvc__path_names(&one->path, place) &&
            (best == NULL || is_better(one, best, place)))
            best = one;
    }
    return best;
}

/* The generator of a part that has only one value, or of a name; NULL when there is none. */
static const struct msvc__generator *find(const struct msvc__generate_run *run,
                                          enum msvc__category category, const char *name)
{
    for (size_t i = 0; i < run->part->generators.count; i++) {
        const struct msvc__generator *one = &run->part->generators.items[i];
        bool is_it = name == NULL || (one->name != NULL && (category == MSVC__RULE_HEADER
                                                                ? strcasecmp(one->name, name) == 0
                                                                : strcmp(one->name, name) == 0));

        if (one->category == category && is_it)
            return one;
    }
    return NULL;
}

static bool has_generators_of(const struct msvc__part *part, enum msvc__category category)
{
    for (size_t i = 0; i < part->generators.count; i++) {
        if (part->generators.items[i].category == category)
            return true;
    }
    return false;
}

static bool has_body_generators(const struct msvc__part *part)
{
    for (size_t i = 0; i < part->rules.count; i++) {
        if (msvc__rule_has_generators(&part->rules.items[i]))
            return true;
    }
    return has_generators_of(part, MSVC__RULE_BODY);
}

/* A new value, or a copy of the old one. */
static int make_text(char **out, const struct msvc__generate_run *run,
                     const struct msvc__generator *generator, const char *old)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int made = 0;

    if (generator != NULL)
        made = msvc__generate_text(&text, generator, run->mode, run->context, run->err);
    if (made < 0)
        msvc_error_prefix(run->err, "generator %s at %s", generator->type, generator->where);
    else if (made == 1)
        *out = text.length > 0 ? msvc_buffer_steal(&text) : msvc__copy_bytes("", 0);
    else
        *out = msvc__copy_text(old);
    msvc_buffer_clear(&text);
    if (made < 0)
        return made;
    return *out != NULL || (made == 0 && old == NULL) ? 0 : no_memory(run->err);
}

static int add_pair(struct msvc__pairs *out, const struct msvc__generate_run *run,
                    enum msvc__category category, const struct msvc_header *pair)
{
    char *value = NULL;
    int status = make_text(&value, run, find(run, category, pair->name), pair->value);

    if (status == 0 &&
        msvc__pairs_add(out, pair->name, strlen(pair->name), value, strlen(value)) < 0)
        status = no_memory(run->err);
    free(value);
    return status;
}

static bool has_pair(const struct msvc__pairs *pairs, enum msvc__category category,
                     const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (category == MSVC__RULE_HEADER ? strcasecmp(pairs->items[i].name, name) == 0
                                          : strcmp(pairs->items[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Headers or query parameters; a generator may also stand where there was none. */
static int make_pairs(struct msvc__pairs *out, const struct msvc__generate_run *run,
                      enum msvc__category category, const struct msvc__pairs *from)
{
    const struct msvc__generators *generators = &run->part->generators;
    int status = 0;

    for (size_t i = 0; status == 0 && i < from->count; i++)
        status = add_pair(out, run, category, &from->items[i]);
    for (size_t i = 0; status == 0 && i < generators->count; i++) {
        const struct msvc__generator *one = &generators->items[i];
        const struct msvc_header missing = { one->name, "" };

        if (one->category == category && one->name != NULL && !has_pair(out, category, one->name) &&
            !(one->kind == MSVC__GENERATE_PROVIDER_STATE &&
              run->mode == MSVC__GENERATE_FOR_CONSUMER))
            status = add_pair(out, run, category, &missing);
    }
    return status;
}

static int make_status(int *out, const struct msvc__generate_run *run)
{
    const struct msvc__generator *generator = find(run, MSVC__RULE_STATUS, NULL);
    char *text = NULL;
    long code;
    int status;

    *out = run->part->status;
    if (generator == NULL)
        return 0;
    status = make_text(&text, run, generator, NULL);
    code = text != NULL ? strtol(text, NULL, 10) : run->part->status;
    free(text);
    if (status == 0 && (code < 100 || code > 999))
        return msvc_error_set(run->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "a generator made the status %ld, expected 100 to 999", code);
    *out = (int)code;
    return status;
}

/* Metadata of a message: values of any type. */
static int make_metadata(struct msvc__part *out, const struct msvc__generate_run *run)
{
    const struct msvc_json *from = msvc_json_root(run->part->metadata);
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int made = 0;

    if (from == NULL)
        return 0;
    msvc_buffer_byte(&text, '{');
    for (const struct msvc_json *one = msvc_json_first(from); made >= 0 && one != NULL;
         one = msvc_json_next(one)) {
        size_t length = 0;
        const char *name = msvc_json_name(one, &length);
        const struct msvc__generator *generator = find(run, MSVC__RULE_METADATA, name);

        if (one != msvc_json_first(from))
            msvc_buffer_byte(&text, ',');
        msvc__canonical_text(&text, name, length);
        msvc_buffer_byte(&text, ':');
        made = generator == NULL
                   ? 0
                   : msvc__generate_value(&text, generator, one, run->mode, run->context, run->err);
        if (made == 0)
            (void)msvc__canonical(&text, one);
    }
    msvc_buffer_byte(&text, '}');
    if (made >= 0 && msvc_buffer_status(&text) < 0)
        made = no_memory(run->err);
    if (made >= 0)
        made = msvc__part_set_metadata(out, text.data, text.length, run->err);
    msvc_buffer_clear(&text);
    return made < 0 ? made : 0;
}

/* *is_new: there is a new body in `text`. */
static int write_body(struct msvc_buffer *text, bool *is_new, const struct msvc__generate_run *run)
{
    const struct msvc__part *part = run->part;

    *is_new = part->body_state == MSVC__BODY_PRESENT && has_body_generators(part);
    if (*is_new && part->json != NULL)
        return msvc__generate_json(text, run);
    if (*is_new && part->xml != NULL)
        return msvc__generate_xml(text, run);
    if (*is_new && strcmp(part->content_type, "application/x-www-form-urlencoded") == 0)
        return msvc__generate_form(text, run);
    *is_new = false;
    return 0;
}

static int make_body(struct msvc__part *out, const struct msvc__generate_run *run)
{
    const struct msvc__part *part = run->part;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    bool is_new = false;
    int status = write_body(&text, &is_new, run);

    if (status == MSVC_ERR_NOMEM)
        (void)no_memory(run->err);
    if (status == 0 && is_new)
        status = msvc__part_set_body(out, text.data, text.length) < 0 ? no_memory(run->err) : 0;
    else if (status == 0 && part->body != NULL)
        status =
            msvc__part_set_body(out, part->body, part->body_length) < 0 ? no_memory(run->err) : 0;
    out->body_state = part->body_state;
    msvc_buffer_clear(&text);
    return status;
}

static int make_texts(struct msvc__part *out, const struct msvc__generate_run *run)
{
    const struct msvc__part *part = run->part;
    int status = make_text(&out->method, run, find(run, MSVC__RULE_METHOD, NULL), part->method);

    if (status == 0)
        status = make_text(&out->path, run, find(run, MSVC__RULE_PATH, NULL), part->path);
    if (status == 0 && !has_generators_of(part, MSVC__RULE_QUERY))
        status = make_text(&out->query_text, run, NULL, part->query_text);
    if (status == 0)
        status = make_text(&out->declared_type, run, NULL, part->declared_type);
    return status;
}

static int make(struct msvc__part *out, const struct msvc__generate_run *run)
{
    int status = make_texts(out, run);

    if (status == 0 && run->part->is_request)
        status = make_pairs(&out->query, run, MSVC__RULE_QUERY, &run->part->query);
    if (status == 0)
        status = make_pairs(&out->headers, run, MSVC__RULE_HEADER, &run->part->headers);
    if (status == 0)
        status = make_status(&out->status, run);
    if (status == 0)
        status = make_metadata(out, run);
    if (status == 0)
        status = make_body(out, run);
    if (status == 0 && msvc__part_finish(out) < 0)
        status = no_memory(run->err);
    return status;
}

bool msvc__part_has_generators(const struct msvc__part *part)
{
    return part->generators.count > 0 || has_body_generators(part);
}

int msvc__generators_apply(struct msvc__part *out, const struct msvc__part *part,
                           enum msvc__generate_mode mode,
                           const struct msvc__generate_context *context, struct msvc_error *err)
{
    static const struct msvc__generate_context plain;
    struct msvc__generate_run run = {
        .part = part, .mode = mode, .context = context != NULL ? context : &plain, .err = err
    };
    struct msvc__part made = { .is_request = part->is_request,
                               .is_message = part->is_message,
                               .compares_query_text = part->compares_query_text,
                               .body_hint = part->body_hint };
    int status = make(&made, &run);

    if (status < 0)
        msvc__part_clear(&made);
    else
        *out = made;
    return status;
}
