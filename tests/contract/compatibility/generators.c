/* SPDX-License-Identifier: MIT */
/* Generators: a part is made ready for use, and its values are looked at. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/json.h>

#include "contract/generate_internal.h"

#include "world.h"

static void part_is_configured(struct world *w, const struct gherkin_step *step,
                               char *const *arguments)
{
    bool is_request = strcmp(arguments[0], "request") == 0;
    struct definition d = { .values = { NULL } };
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    struct msvc_error err;

    change_definition(&d, &step->table, 0);
    if (!is_request)
        d.values[COLUMN_RESPONSE_BODY] = d.values[COLUMN_BODY];
    write_part(w, &text, &d, is_request, w->version);
    if (world_ok(w, msvc_json_parse(&document, text.data, text.length, NULL, &err), &err))
        (void)world_ok(
            w,
            msvc__part_read(&w->expected, msvc_json_root(document), is_request, w->version, &err),
            &err);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
}

static void mode_is_set(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    (void)step;
    w->is_provider_mode = strcmp(arguments[0], "Provider") == 0;
}

/* The context is the one row of a table without a header. */
static void part_is_prepared(struct world *w, const struct gherkin_step *step,
                             char *const *arguments)
{
    const char *context = step->table.rows > 0 ? step->table.cells[0] : "{}";
    struct msvc_json_document *values = NULL;
    struct msvc__generate_context from = { .random = NULL };
    struct msvc_error err;

    (void)arguments;
    if (!world_ok(w, msvc_json_parse(&values, context, strlen(context), NULL, &err), &err))
        return;
    from.provider_state = msvc_json_root(values);
    if (world_ok(w,
                 msvc__generators_apply(&w->received[0], &w->expected,
                                        w->is_provider_mode ? MSVC__GENERATE_FOR_PROVIDER
                                                            : MSVC__GENERATE_FOR_CONSUMER,
                                        &from, &err),
                 &err))
        w->received_count = 1;
    msvc_json_free(values);
}

/* "path", "status", "header[X]", "queryParameter[q]"; NULL when there is no such thing. */
static const char *value_of(const struct msvc__part *part, const char *what, char status[16])
{
    char name[128];
    const char *bracket = strchr(what, '[');

    (void)snprintf(status, 16, "%d", part->status);
    if (strcmp(what, "path") == 0)
        return part->path;
    if (strcmp(what, "status") == 0)
        return status;
    if (bracket == NULL)
        return NULL;
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(bracket + 1, "]"), bracket + 1);
    return msvc_header_find(what[0] == 'h' ? part->headers.items : part->query.items, name, 0);
}

static void value_is(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    char status[16];
    const char *value = value_of(&w->received[0], arguments[1], status);

    (void)step;
    if (value == NULL || strcmp(value, arguments[2]) != 0)
        world_fail(w, "it is %s", value != NULL ? value : "not there");
}

static void value_is_not(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    char status[16];
    const char *value = value_of(&w->received[0], arguments[1], status);

    (void)step;
    if (value == NULL || strcmp(value, arguments[2]) == 0)
        world_fail(w, "it is %s", value != NULL ? value : "not there");
}

/* All of a text; \d is what the suite writes for a digit. */
static bool matches(const char *text, const char *pattern)
{
    char whole[512] = "^(";
    size_t used = 2;
    regex_t regex;
    bool found;

    for (; *pattern != '\0' && used < sizeof(whole) - 16; pattern++) {
        if (strncmp(pattern, "\\d", 2) == 0) {
            used += (size_t)snprintf(whole + used, sizeof(whole) - used, "[0-9]");
            pattern++;
        } else {
            whole[used++] = *pattern;
        }
    }
    strcpy(whole + used, ")$");
    if (regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static void value_matches(struct world *w, const struct gherkin_step *step, char *const *arguments)
{
    char status[16];
    const char *value = value_of(&w->received[0], arguments[1], status);

    (void)step;
    if (value == NULL || !matches(value, arguments[2]))
        world_fail(w, "it is %s", value != NULL ? value : "not there");
}

static const char *pattern_of(const char *kind)
{
    static const char *const patterns[][2] = {
        { "integer", "-?\\d+" },
        { "decimal number", "-?\\d+\\.\\d+" },
        { "hexadecimal number", "[0-9a-fA-F]+" },
        { "random string", ".+" },
        { "string from the regex", "\\d{1,8}" },
        { "date", "\\d{4}-\\d{2}-\\d{2}" },
        { "time", "T?\\d{2}:\\d{2}:\\d{2}.*" },
        { "date-time", "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}.*" },
        { "UUID", "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}" },
        { "simple UUID", "[0-9a-fA-F]{32}" },
        { "boolean", "true|false" },
    };

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (strcmp(patterns[i][0], kind) == 0)
            return patterns[i][1];
    }
    return NULL;
}

/* "$.one": a member of the body, before and after. */
static void body_value_is_replaced(struct world *w, const struct gherkin_step *step,
                                   char *const *arguments)
{
    const char *pattern = pattern_of(arguments[1]);
    const struct msvc_json *before = msvc_json_root(w->expected.json);
    const struct msvc_json *after = msvc_json_root(w->received[0].json);
    const struct msvc_json *value = msvc_json_member(after, arguments[0] + 2);
    const struct msvc_json *old = msvc_json_member(before, arguments[0] + 2);
    const char *text = msvc_json_string(value, NULL);

    (void)step;
    if (text == NULL)
        text = msvc_json_number(value);
    if (text == NULL && msvc_json_type(value) != MSVC_JSON_NONE)
        text = msvc_json_type(value) == MSVC_JSON_TRUE ? "true" : "false";
    if (pattern == NULL)
        world_fail(w, "nobody knows what \"%s\" is", arguments[1]);
    else if (text == NULL || !matches(text, pattern))
        world_fail(w, "it is %s", text != NULL ? text : "not there");
    else if (msvc_json_string(old, NULL) != NULL && strcmp(msvc_json_string(old, NULL), text) == 0)
        world_fail(w, "it is still %s", text);
}

const struct step_pattern generator_steps[] = {
    { "a (request|response) configured with the following generators:", part_is_configured },
    { "the generator test mode is set as \"(.*)\"", mode_is_set },
    { "the (request|response) is prepared for use( with a \".*\" context:)?", part_is_prepared },
    { "the (request|response) \"(.*)\" will be set as \"(.*)\"", value_is },
    { "the (request|response) \"(.*)\" will not be \"(.*)\"", value_is_not },
    { "the (request|response) \"(.*)\" will match \"(.*)\"", value_matches },
    { "the body value for \"(.*)\" will have been replaced with an? \"(.*)\"",
      body_value_is_replaced },
    { NULL, NULL },
};
