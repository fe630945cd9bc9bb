/* SPDX-License-Identifier: MIT */
/* What the cells of tables stand for: fixtures, bodies, headers; and pact files made of them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"
#include "contract/xml_internal.h"
#include "message/base64_internal.h"

#include "world.h"

static const char *const column_names[COLUMN_COUNT] = {
    "method",
    "path",
    "query",
    "headers",
    "raw headers",
    "content type",
    "body",
    "matching rules",
    "generators",
    "response",
    "response headers",
    "response content",
    "response body",
    "response matching rules",
};

void world_fail(struct world *w, const char *format, ...)
{
    va_list arguments;

    if (w->why[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(w->why, sizeof(w->why), format, arguments);
    va_end(arguments);
}

bool world_ok(struct world *w, int status, const struct msvc_error *err)
{
    if (status < 0)
        world_fail(w, "%s", err->message);
    return status >= 0;
}

void change_definition(struct definition *d, const struct gherkin_table *table, size_t row)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *cell = gherkin_cell(table, row, column_names[i]);

        if (cell != NULL)
            d->values[i] = *cell != '\0' ? cell : NULL;
    }
}

void define_interactions(struct world *w, const struct gherkin_table *table)
{
    for (size_t row = 0; row + 1 < table->rows && w->defined_count < DEFINED_MAX; row++)
        change_definition(&w->defined[w->defined_count++], table, row);
}

struct definition *find_definition(struct world *w, const char *number)
{
    size_t index = strtoul(number, NULL, 10);

    if (index >= 1 && index <= w->defined_count)
        return &w->defined[index - 1];
    world_fail(w, "there is no interaction %s", number);
    return NULL;
}

bool load_fixture(struct world *w, struct msvc_buffer *out, const char *name)
{
    char path[1024];
    struct msvc_error err;

    (void)snprintf(path, sizeof(path), "%s/fixtures/%s", w->suite, name);
    return world_ok(w, msvc__pact_load(out, path, &err), &err);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Line ends as the wire has them. */
static void append_lines(struct msvc_buffer *out, const char *text, bool is_crlf)
{
    for (; *text != '\0'; text++) {
        if (is_crlf && *text == '\n')
            msvc_buffer_byte(out, '\r');
        msvc_buffer_byte(out, *text);
    }
}

/* The text of <contents>, of which our reader of XML cuts the blanks off as the suite wants it. */
static void read_contents(struct world *w, struct payload *out, const struct msvc__xml *contents)
{
    const char *encoding = msvc_header_find(contents->attributes.items, "@encoding", 0);
    const char *eol = msvc_header_find(contents->attributes.items, "@eol", 0);
    const char *text = contents->text;

    if (encoding != NULL && !msvc__base64_decode(&out->bytes, text, strlen(text)))
        world_fail(w, "contents that are no base64");
    else if (encoding == NULL)
        append_lines(&out->bytes, text, eol != NULL && strcmp(eol, "CRLF") == 0);
}

/* <body><contentType>…</contentType><contents>…</contents></body> */
static void read_described(struct world *w, struct payload *out, const char *name)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__xml *root = NULL;
    struct msvc_error err;

    if (load_fixture(w, &text, name) &&
        world_ok(w, msvc__xml_parse(&root, text.data, text.length, &err), &err)) {
        const struct msvc__xml *type = msvc__xml_child(root, "contentType");
        const struct msvc__xml *contents = msvc__xml_child(root, "contents");

        if (type == NULL || contents == NULL)
            world_fail(w, "%s has no content type or contents", name);
        else {
            (void)snprintf(out->type, sizeof(out->type), "%s", type->text);
            read_contents(w, out, contents);
        }
    }
    msvc__xml_free(root);
    msvc_buffer_clear(&text);
}

static void read_file(struct world *w, struct payload *out, const char *name)
{
    static const char *const types[][2] = { { ".json", "application/json" },
                                            { ".jpg", "image/jpeg" },
                                            { ".pdf", "application/pdf" } };

    if (ends_with(name, "-body.xml")) {
        read_described(w, out, name);
        return;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (ends_with(name, types[i][0]))
            (void)snprintf(out->type, sizeof(out->type), "%s", types[i][1]);
    }
    (void)load_fixture(w, &out->bytes, name);
}

static void read_text(struct payload *out, const char *type, const char *text)
{
    (void)snprintf(out->type, sizeof(out->type), "%s", type);
    msvc_buffer_text(&out->bytes, text);
}

void read_payload(struct world *w, struct payload *out, const char *cell)
{
    *out = (struct payload){ .bytes = MSVC_BUFFER_INIT };
    if (cell == NULL)
        return;
    out->is_present = true;
    if (strncmp(cell, "file: ", 6) == 0)
        read_file(w, out, cell + 6);
    else if (strncmp(cell, "JSON: ", 6) == 0)
        read_text(out, "application/json", cell + 6);
    else if (strncmp(cell, "XML: ", 5) == 0)
        read_text(out, "application/xml", cell + 5);
    else if (strcmp(cell, "EMPTY") != 0)
        read_text(out, "", cell);
    out->is_json = strcmp(out->type, "application/json") == 0;
    if (msvc_buffer_reserve(&out->bytes, 1) != NULL) /* so that there is a text even when empty */
        msvc_buffer_added(&out->bytes, 0);
}

void payload_clear(struct payload *payload)
{
    msvc_buffer_clear(&payload->bytes);
}

bool read_headers(struct msvc__pairs *out, const char *cell)
{
    while (cell != NULL && (cell = strchr(cell, '\'')) != NULL) {
        const char *end = strchr(cell + 1, '\'');
        const char *colon = strchr(cell + 1, ':');
        const char *value;

        if (end == NULL || colon == NULL || colon > end)
            return false;
        value = colon + 1 + strspn(colon + 1, " ");
        if (msvc__pairs_add(out, cell + 1, (size_t)(colon - cell - 1), value,
                            (size_t)(end - value)) < 0)
            return false;
        cell = end + 1;
    }
    return true;
}

/* A list of several values of one name becomes one value, as a pact file has it. */
static void write_headers(struct msvc_json_writer *w, const struct msvc__pairs *headers,
                          const char *type)
{
    bool has_type = msvc_header_find(headers->items, "Content-Type", 0) != NULL;

    msvc_json_key(w, "headers");
    msvc_json_begin_object(w);
    for (size_t i = 0; i < headers->count; i++)
        msvc_json_member_text(w, headers->items[i].name, headers->items[i].value);
    if (!has_type && type[0] != '\0')
        msvc_json_member_text(w, "Content-Type", type);
    msvc_json_end_object(w);
}

static void write_query(struct msvc_json_writer *w, const char *query, unsigned version)
{
    struct msvc__pairs pairs = { .items = NULL };

    if (query == NULL)
        return;
    if (version < 3) {
        msvc_json_member_text(w, "query", query);
        return;
    }
    (void)msvc__pairs_add_query(&pairs, query);
    msvc_json_key(w, "query");
    msvc_json_begin_object(w);
    for (size_t i = 0; i < pairs.count; i++) {
        msvc_json_key(w, pairs.items[i].name);
        msvc_json_begin_array(w);
        msvc_json_text(w, pairs.items[i].value);
        msvc_json_end_array(w);
    }
    msvc_json_end_object(w);
    msvc__pairs_clear(&pairs);
}

/* Whether a pact file has it in base64. */
static bool is_binary(const char *type)
{
    char base[128];

    (void)snprintf(base, sizeof(base), "%.*s", (int)strcspn(type, ";"), type);
    return msvc__type_is_binary(base);
}

static void write_body(struct msvc_json_writer *w, const struct payload *body)
{
    struct msvc_buffer base64 = MSVC_BUFFER_INIT;

    if (!body->is_present)
        return;
    msvc_json_key(w, "body");
    if (body->is_json) {
        msvc_json_raw(w, body->bytes.data, body->bytes.length);
    } else if (is_binary(body->type)) {
        msvc__base64_append(&base64, body->bytes.data, body->bytes.length);
        msvc_json_text_n(w, base64.data, base64.length);
    } else {
        msvc_json_text_n(w, body->bytes.data, body->bytes.length);
    }
    msvc_buffer_clear(&base64);
}

/* A member whose value is in a fixture or, after "JSON: ", in the cell. */
static void write_member(struct world *world, struct msvc_json_writer *w, const char *name,
                         const char *cell)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    if (cell == NULL)
        return;
    msvc_json_key(w, name);
    if (strncmp(cell, "JSON: ", 6) == 0)
        msvc_json_raw(w, cell + 6, strlen(cell + 6));
    else if (load_fixture(world, &text, cell))
        msvc_json_raw(w, text.data, text.length);
    else
        msvc_json_null(w);
    msvc_buffer_clear(&text);
}

static void write_response(struct msvc_json_writer *w, const struct definition *d)
{
    const char *status = d->values[COLUMN_STATUS];

    msvc_json_key(w, "status");
    msvc_json_raw(w, status != NULL ? status : "200", status != NULL ? strlen(status) : 3);
}

static void write_request(struct msvc_json_writer *w, const struct definition *d, unsigned version)
{
    const char *const *values = d->values;

    msvc_json_member_text(w, "method",
                          values[COLUMN_METHOD] != NULL ? values[COLUMN_METHOD] : "GET");
    msvc_json_member_text(w, "path", values[COLUMN_PATH] != NULL ? values[COLUMN_PATH] : "/");
    write_query(w, values[COLUMN_QUERY], version);
}

void write_part(struct world *world, struct msvc_buffer *out, const struct definition *d,
                bool is_request, unsigned version)
{
    const char *type = d->values[is_request ? COLUMN_TYPE : COLUMN_RESPONSE_TYPE];
    struct msvc__pairs headers = { .items = NULL };
    struct payload body;
    struct msvc_json_writer w;

    read_payload(world, &body, d->values[is_request ? COLUMN_BODY : COLUMN_RESPONSE_BODY]);
    if (type != NULL)
        (void)snprintf(body.type, sizeof(body.type), "%s", type);
    if (!read_headers(&headers, d->values[is_request ? COLUMN_HEADERS : COLUMN_RESPONSE_HEADERS]))
        world_fail(world, "headers that cannot be read");
    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    if (is_request)
        write_request(&w, d, version);
    else
        write_response(&w, d);
    write_headers(&w, &headers, body.type);
    write_body(&w, &body);
    write_member(world, &w, "matchingRules",
                 d->values[is_request ? COLUMN_RULES : COLUMN_RESPONSE_RULES]);
    write_member(world, &w, "generators", d->values[COLUMN_GENERATORS]);
    msvc_json_end_object(&w);
    msvc__pairs_clear(&headers);
    payload_clear(&body);
}

void write_pact_file(struct world *w, struct msvc_buffer *out, const struct definition *definitions,
                     size_t count, unsigned version, const char *states)
{
    msvc_buffer_text(out, "{\"consumer\":{\"name\":\"c\"},\"provider\":{\"name\":\"p\"},"
                          "\"interactions\":[");
    for (size_t i = 0; i < count; i++) {
        msvc_buffer_printf(out, "%s{\"description\":\"interaction %zu\",%s\"request\":",
                           i > 0 ? "," : "", i + 1, states);
        write_part(w, out, &definitions[i], true, version);
        msvc_buffer_text(out, ",\"response\":");
        write_part(w, out, &definitions[i], false, version);
        msvc_buffer_text(out, "}");
    }
    msvc_buffer_printf(out, "],\"metadata\":{\"pactSpecification\":{\"version\":\"%u.0.0\"}}}",
                       version);
    if (msvc_buffer_status(out) < 0)
        world_fail(w, "no memory");
}

void receive_part(struct world *w, struct msvc__part *out, const struct definition *d)
{
    const char *type = d->values[COLUMN_TYPE];
    struct payload body;
    bool is_read = true;

    *out = (struct msvc__part){ .is_request = true };
    read_payload(w, &body, d->values[COLUMN_BODY]);
    if (type != NULL)
        (void)snprintf(body.type, sizeof(body.type), "%s", type);
    out->method = strdup(d->values[COLUMN_METHOD] != NULL ? d->values[COLUMN_METHOD] : "GET");
    out->path = strdup(d->values[COLUMN_PATH] != NULL ? d->values[COLUMN_PATH] : "/");
    is_read = read_headers(&out->headers, d->values[COLUMN_HEADERS]);
    if (body.type[0] != '\0' && msvc_header_find(out->headers.items, "Content-Type", 0) == NULL)
        is_read = is_read && msvc__pairs_add(&out->headers, "Content-Type", 12, body.type,
                                             strlen(body.type)) == 0;
    is_read = is_read && msvc__pairs_add_query(&out->query, d->values[COLUMN_QUERY]) == 0;
    if (body.is_present)
        is_read = is_read && msvc__part_set_body(out, body.bytes.data, body.bytes.length) == 0;
    if (!is_read || msvc__part_finish(out) < 0)
        world_fail(w, "a request that cannot be read");
    payload_clear(&body);
}

bool message_is(const char *message, const char *wanted)
{
    while (*wanted != '\0') {
        if (strncmp(wanted, "\\s*", 3) == 0) {
            wanted += 3;
            message += strspn(message, " \t");
        } else if (*wanted++ != *message++) {
            return false;
        }
    }
    return *message == '\0';
}
