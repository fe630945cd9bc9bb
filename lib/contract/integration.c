/* SPDX-License-Identifier: MIT */
#include "contract/integration_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/model_internal.h"

#define EXAMPLES_MAX 1000

static const char *const section_names[MSVC__SECTION_COUNT] = { "path",   "query", "header",
                                                                "status", "body",  "metadata" };

void msvc__statement_clear(struct msvc__statement *statement)
{
    for (size_t i = 0; i < MSVC__SECTION_COUNT; i++) {
        msvc_buffer_clear(&statement->rules[i]);
        msvc_buffer_clear(&statement->generators[i]);
    }
}

static void write_object(struct msvc_json_writer *w, const struct msvc_buffer *members)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_byte(&text, '{');
    if (members->length > 0)
        msvc_buffer_bytes(&text, members->data, members->length);
    msvc_buffer_byte(&text, '}');
    if (msvc_buffer_status(&text) == 0 && msvc_buffer_status(members) == 0)
        msvc_json_raw(w, text.data, text.length);
    else
        w->status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&text);
}

/* Path and status are a section of one value, which stands there without a key. */
static bool is_single(size_t section)
{
    return section == MSVC__SECTION_PATH || section == MSVC__SECTION_STATUS;
}

static void write_sections(struct msvc_json_writer *w, const char *name,
                           const struct msvc_buffer sections[MSVC__SECTION_COUNT])
{
    bool is_open = false;

    for (size_t i = 0; i < MSVC__SECTION_COUNT; i++) {
        if (sections[i].length == 0 && msvc_buffer_status(&sections[i]) == 0)
            continue;
        if (!is_open) {
            msvc_json_key(w, name);
            msvc_json_begin_object(w);
        }
        is_open = true;
        msvc_json_key(w, section_names[i]);
        if (!is_single(i))
            write_object(w, &sections[i]);
        else if (msvc_buffer_status(&sections[i]) == 0)
            msvc_json_raw(w, sections[i].data, sections[i].length);
        else
            w->status = MSVC_ERR_NOMEM;
    }
    if (is_open)
        msvc_json_end_object(w);
}

void msvc__statement_write(struct msvc_json_writer *w, const struct msvc__statement *statement)
{
    write_sections(w, "matchingRules", statement->rules);
    write_sections(w, "generators", statement->generators);
}

void msvc__statement_write_variant(struct msvc_json_writer *w,
                                   const struct msvc__statement *statement)
{
    msvc_json_key(w, "rules");
    write_object(w, &statement->rules[MSVC__SECTION_BODY]);
    msvc_json_key(w, "generators");
    write_object(w, &statement->generators[MSVC__SECTION_BODY]);
}

struct walk {
    struct msvc_json_writer *example;
    struct msvc__statement *statement;
    enum msvc__section section;
    struct msvc_buffer path;
    unsigned muted; /* inside of a further element: the first one spoke for all */
    struct msvc_error *err;
};

static int split(struct walk *walk, const struct msvc_json *value);

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

/* Add `"path":text` to the section; of a section with one value only the text. */
static int keep(struct walk *walk, struct msvc_buffer *section, const struct msvc_buffer *text)
{
    if (!is_single(walk->section)) {
        if (section->length > 0)
            msvc_buffer_byte(section, ',');
        msvc__canonical_text(section, walk->path.length > 0 ? walk->path.data : "",
                             walk->path.length);
        msvc_buffer_byte(section, ':');
    }
    msvc_buffer_bytes(section, text->data, text->length);
    return msvc_buffer_status(section) == 0 ? 0 : no_memory(walk->err);
}

static int keep_rule(struct walk *walk, const struct msvc_json *value)
{
    const char *combine = msvc_json_string(msvc_json_member(value, "combine"), NULL);
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;
    int status;

    msvc_json_writer_init(&w, &text);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "combine", combine != NULL ? combine : "AND");
    msvc_json_key(&w, "matchers");
    status = msvc__integration_matchers(&w, value, walk->statement->version, walk->err);
    msvc_json_end_object(&w);
    if (status < 0)
        msvc_error_prefix(walk->err, "%s", walk->path.length > 0 ? walk->path.data : "rule");
    else if (msvc_json_writer_status(&w) < 0)
        status = no_memory(walk->err);
    else
        status = keep(walk, &walk->statement->rules[walk->section], &text);
    msvc_buffer_clear(&text);
    return status;
}

static int keep_generator(struct walk *walk, const struct msvc_json *value)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;
    int status;

    msvc_json_writer_init(&w, &text);
    msvc__integration_generator(&w, value);
    status = msvc_json_writer_status(&w) == 0
                 ? keep(walk, &walk->statement->generators[walk->section], &text)
                 : no_memory(walk->err);
    msvc_buffer_clear(&text);
    return status;
}

/* Split one child, its step at the end of the path. */
static int split_child(struct walk *walk, const struct msvc_json *child, const char *step,
                       size_t length, bool is_name)
{
    size_t start = walk->path.length;
    int status;

    if (is_name)
        msvc__path_write_name(&walk->path, step, length);
    else
        msvc_buffer_bytes(&walk->path, step, length);
    status = msvc_buffer_status(&walk->path) == 0 ? split(walk, child) : no_memory(walk->err);
    msvc_buffer_truncate(&walk->path, start);
    return status;
}

/* Each element has rules of its own; with a template the first one has those of all. */
static int split_array(struct walk *walk, const struct msvc_json *array, bool is_template)
{
    size_t index = 0;
    int status = 0;

    for (const struct msvc_json *one = msvc_json_first(array); status == 0 && one != NULL;
         one = msvc_json_next(one), index++) {
        char step[32] = "[*]";

        if (!is_template)
            (void)snprintf(step, sizeof(step), "[%zu]", index);
        walk->muted += is_template && index > 0;
        status = split_child(walk, one, step, strlen(step), false);
        walk->muted -= is_template && index > 0;
    }
    return status;
}

static int split_members(struct walk *walk, const struct msvc_json *object, bool is_template)
{
    bool is_first = true;
    int status = 0;

    msvc_json_begin_object(walk->example);
    for (const struct msvc_json *one = msvc_json_first(object); status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        size_t length = 0;
        const char *name = msvc_json_name(one, &length);

        msvc_json_key(walk->example, name);
        walk->muted += is_template && !is_first;
        status = is_template ? split_child(walk, one, ".*", 2, false)
                             : split_child(walk, one, name, length, true);
        walk->muted -= is_template && !is_first;
        is_first = false;
    }
    msvc_json_end_object(walk->example);
    return status;
}

/* How often the one example of a list stands there: as often as the list must be long. */
static int count_examples(int64_t *out, const struct walk *walk, const struct msvc_json *value,
                          const struct msvc_json *array)
{
    int64_t wanted = 1;

    if ((msvc_json_get_int(&wanted, msvc_json_member(value, "examples")) < 0 &&
         msvc_json_get_int(&wanted, msvc_json_member(value, "min")) < 0) ||
        msvc_json_count(array) != 1 || wanted < 1)
        wanted = 1;
    if (wanted > EXAMPLES_MAX)
        return msvc_error_set(walk->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected at most %d examples of a list", EXAMPLES_MAX);
    *out = wanted;
    return 0;
}

static int split_template(struct walk *walk, const struct msvc_json *value,
                          const struct msvc_json *array)
{
    int64_t count = 1;
    int status = count_examples(&count, walk, value, array);

    msvc_json_begin_array(walk->example);
    for (int64_t i = 0; status == 0 && i < count; i++) {
        walk->muted += i > 0;
        status = split_array(walk, array, true);
        walk->muted -= i > 0;
    }
    msvc_json_end_array(walk->example);
    return status;
}

/* The examples of variants are the elements; what they ask for is kept with the matcher. */
static int split_variants(struct walk *walk, const struct msvc_json *variants)
{
    int status;

    walk->muted++;
    msvc_json_begin_array(walk->example);
    status = split_array(walk, variants, false);
    msvc_json_end_array(walk->example);
    walk->muted--;
    return status;
}

static int split_example(struct walk *walk, const struct msvc_json *value)
{
    const struct msvc_json *example = msvc_json_member(value, "value");

    if (msvc__integration_has(value, "arrayContains"))
        return split_variants(walk, msvc_json_member(value, "variants"));
    if (msvc_json_type(example) == MSVC_JSON_ARRAY && msvc__integration_has(value, "type"))
        return split_template(walk, value, example);
    if (msvc_json_type(example) == MSVC_JSON_OBJECT &&
        msvc_json_member(example, "pact:matcher:type") == NULL &&
        (msvc__integration_has(value, "values") || msvc__integration_has(value, "eachKey") ||
         msvc__integration_has(value, "eachValue")))
        return split_members(walk, example, true);
    if (example != NULL)
        return split(walk, example);
    msvc_json_null(walk->example);
    return 0;
}

static int split_marked(struct walk *walk, const struct msvc_json *value, bool has_matcher,
                        bool has_generator)
{
    int status = 0;

    if (has_matcher && walk->muted == 0)
        status = keep_rule(walk, value);
    if (status == 0 && has_generator && walk->muted == 0)
        status = keep_generator(walk, value);
    return status == 0 ? split_example(walk, value) : status;
}

static int split_scalar(struct walk *walk, const struct msvc_json *value)
{
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);

    if (text != NULL)
        msvc_json_text_n(walk->example, text, length);
    else if (msvc_json_number(value) != NULL)
        msvc_json_raw(walk->example, msvc_json_number(value), strlen(msvc_json_number(value)));
    else if (msvc_json_type(value) == MSVC_JSON_NULL)
        msvc_json_null(walk->example);
    else
        msvc_json_bool(walk->example, msvc_json_type(value) == MSVC_JSON_TRUE);
    return 0;
}

static int split(struct walk *walk, const struct msvc_json *value)
{
    bool has_matcher = msvc_json_member(value, "pact:matcher:type") != NULL;
    bool has_generator = msvc_json_member(value, "pact:generator:type") != NULL;
    int status;

    if (has_matcher || has_generator)
        return split_marked(walk, value, has_matcher, has_generator);
    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        return split_members(walk, value, false);
    if (msvc_json_type(value) != MSVC_JSON_ARRAY)
        return split_scalar(walk, value);
    msvc_json_begin_array(walk->example);
    status = split_array(walk, value, false);
    msvc_json_end_array(walk->example);
    return status;
}

int msvc__integration_split(struct msvc_json_writer *example, struct msvc__statement *statement,
                            enum msvc__section section, const char *key,
                            const struct msvc_json *value, struct msvc_error *err)
{
    struct walk walk = {
        .example = example, .statement = statement, .section = section, .err = err
    };
    int status;

    msvc_buffer_text(&walk.path, key);
    status = msvc_buffer_status(&walk.path) == 0 ? split(&walk, value) : no_memory(err);
    msvc_buffer_clear(&walk.path);
    if (status == 0 && msvc_json_writer_status(example) == MSVC_ERR_NOMEM)
        return no_memory(err);
    return status;
}
