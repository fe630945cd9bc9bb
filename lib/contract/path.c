/* SPDX-License-Identifier: MIT */
/*
 * Paths as matching rules write them: $ for the root, .name, ['any name'],
 * [0], .* for anything and [*] for any element. A path fits a place when it
 * fits the place itself or one above it.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/rules_internal.h"

#define INDEX_DIGITS_MAX 9

struct reader {
    const char *text;
    const char *at;
    char *names; /* where the next one goes */
    struct msvc__step *steps;
    size_t count;
    struct msvc_error *err;
};

static int expected(struct reader *r, const char *what)
{
    return msvc_error_set(r->err, MSVC_ERR_MALFORMED, "contract", 0,
                          "path \"%s\", character %zu: expected %s", r->text,
                          (size_t)(r->at - r->text) + 1, what);
}

static void add_name(struct reader *r, const char *end)
{
    struct msvc__step *step = &r->steps[r->count++];

    step->kind = MSVC__STEP_NAME;
    step->name = r->names;
    step->name_length = (size_t)(end - r->names);
    r->names[step->name_length] = '\0';
    r->names += step->name_length + 1;
}

/* After a quote, up to the closing one. */
static int read_quoted(struct reader *r)
{
    char *out = r->names;

    for (; *r->at != '\'' && *r->at != '\0'; r->at++) {
        if (*r->at == '\\' && (r->at[1] == '\'' || r->at[1] == '\\'))
            r->at++;
        *out++ = *r->at;
    }
    if (*r->at != '\'')
        return expected(r, "a quote that closes the name");
    r->at++;
    add_name(r, out);
    return 0;
}

static int read_index(struct reader *r)
{
    size_t digits = strspn(r->at, "0123456789");
    size_t index = 0;

    if (digits == 0 || digits > INDEX_DIGITS_MAX)
        return expected(r, "an index of 1 to 9 digits, *, or a name in quotes");
    for (size_t i = 0; i < digits; i++)
        index = index * 10 + (size_t)(r->at[i] - '0');
    r->at += digits;
    r->steps[r->count++] = (struct msvc__step){ .kind = MSVC__STEP_INDEX, .index = index };
    return 0;
}

static int read_bracket(struct reader *r)
{
    int status = 0;

    if (*r->at == '\'') {
        r->at++;
        status = read_quoted(r);
    } else if (*r->at == '*') {
        r->at++;
        r->steps[r->count++].kind = MSVC__STEP_ANY_INDEX;
    } else {
        status = read_index(r);
    }
    if (status == 0 && *r->at++ != ']') {
        r->at--;
        return expected(r, "]");
    }
    return status;
}

static int read_plain(struct reader *r)
{
    size_t length = strcspn(r->at, ".[]'");

    if (length == 0)
        return expected(r, "a name");
    if (length == 1 && *r->at == '*') {
        r->at++;
        r->steps[r->count++].kind = MSVC__STEP_ANY;
        return 0;
    }
    memcpy(r->names, r->at, length);
    r->at += length;
    add_name(r, r->names + length);
    return 0;
}

static int read_steps(struct reader *r)
{
    int status = 0;

    if (*r->at != '$')
        return expected(r, "$");
    r->at++;
    r->steps[r->count++].kind = MSVC__STEP_ROOT;
    while (status == 0 && *r->at != '\0') {
        char byte = *r->at;

        if (byte != '.' && byte != '[')
            return expected(r, ". or [");
        r->at++;
        status = byte == '.' ? read_plain(r) : read_bracket(r);
    }
    return status;
}

/* No more than one step for each dot or bracket. */
static size_t most_steps(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == '.' || *text == '[';
    return count;
}

int msvc__path_parse(struct msvc__path *out, const char *text, struct msvc_error *err)
{
    size_t most = most_steps(text);
    struct reader r = { .text = text, .at = text, .err = err };
    int status;

    if (most > MSVC__PATH_STEPS_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "contract", 0, "a path has more than %d steps",
                              MSVC__PATH_STEPS_MAX);
    r.steps = msvc__new(most * sizeof(*r.steps) + strlen(text) + most);
    if (r.steps == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    r.names = (char *)(r.steps + most);
    status = read_steps(&r);
    if (status < 0) {
        free(r.steps);
        return status;
    }
    *out = (struct msvc__path){ .steps = r.steps, .count = r.count };
    return 0;
}

void msvc__path_clear(struct msvc__path *path)
{
    free(path->steps);
    *path = (struct msvc__path){ .steps = NULL };
}

static bool is_plain(const char *name, size_t length)
{
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return true;
}

void msvc__path_write_name(struct msvc_buffer *out, const char *name, size_t length)
{
    if (is_plain(name, length)) {
        msvc_buffer_byte(out, '.');
        msvc_buffer_bytes(out, name, length);
        return;
    }
    msvc_buffer_text(out, "['");
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '\'' || name[i] == '\\')
            msvc_buffer_byte(out, '\\');
        msvc_buffer_byte(out, name[i]);
    }
    msvc_buffer_text(out, "']");
}

void msvc__place_write(struct msvc_buffer *out, const struct msvc__place *place)
{
    if (place->parent == NULL) {
        msvc_buffer_byte(out, '$');
        return;
    }
    msvc__place_write(out, place->parent);
    if (place->name != NULL)
        msvc__path_write_name(out, place->name, place->name_length);
    if (place->name == NULL || (place->is_element && place->index > 0))
        msvc_buffer_printf(out, "[%zu]", place->index);
}

/* 2 for exactly this one, 1 for any, 0 when it does not fit. */
static int step_weight(const struct msvc__step *step, const struct msvc__place *place)
{
    bool is_root = place->parent == NULL;
    bool is_index = !is_root && place->name == NULL;

    switch (step->kind) {
    case MSVC__STEP_ROOT:
        return is_root ? 2 : 0;
    case MSVC__STEP_NAME:
        return !is_root && !is_index && step->name_length == place->name_length &&
                       memcmp(step->name, place->name, step->name_length) == 0
                   ? 2
                   : 0;
    case MSVC__STEP_INDEX:
        return is_index && step->index == place->index ? 2 : 0;
    case MSVC__STEP_ANY:
        return is_root ? 0 : 1;
    case MSVC__STEP_ANY_INDEX:
        return is_index ? 1 : 0;
    }
    return 0;
}

/* How well a path fits the place itself. After the name of an element its index may follow. */
static double weight_at(const struct msvc__path *path, const struct msvc__place *place)
{
    double weight = (double)path->count; /* at most 512 * 2^512: exact */
    size_t i = path->count;

    for (; i > 0 && place != NULL; place = place->parent) {
        const struct msvc__step *step = &path->steps[--i];
        int fits;

        if (place->is_element && i > 0 &&
            (step->kind == MSVC__STEP_INDEX || step->kind == MSVC__STEP_ANY_INDEX)) {
            weight *= step->kind == MSVC__STEP_ANY_INDEX ? 1 : step->index == place->index ? 2 : 0;
            step = &path->steps[--i];
        }
        fits = step_weight(step, place);
        if (fits == 0)
            return 0;
        weight *= fits;
    }
    return i == 0 && place == NULL ? weight : 0;
}

double msvc__path_weight(const struct msvc__path *path, const struct msvc__place *place)
{
    double weight = 0;

    for (; path->count > 0 && weight <= 0 && place != NULL; place = place->parent)
        weight = weight_at(path, place);
    return weight;
}

bool msvc__path_names(const struct msvc__path *path, const struct msvc__place *place)
{
    return path->count > 0 && weight_at(path, place) > 0;
}
