/* SPDX-License-Identifier: MIT */
/*
 * No text in a document grows when it is decoded: a string loses its quotes
 * and gets a NUL, a number is followed by something that is not part of it.
 * So all text fits into one block as long as the input, and values come from
 * chunks that double in size: few allocations, whatever the document. The
 * parser keeps its own stack, depth costs no C stack.
 */
#include <msvc/json.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/json_internal.h"
#include "base/options_internal.h"

#define ORIGIN         "core"
#define DEFAULT_LENGTH ((size_t)64 << 20)
#define LEAST_CHUNK    ((size_t)1 << 10)
#define MOST_CHUNK     ((size_t)4 << 20)
#define ALIGNMENT      sizeof(uint64_t)

struct chunk {
    struct chunk *next;
    _Alignas(uint64_t) char bytes[];
};

struct msvc_json_document {
    const struct msvc_json *root;
    struct chunk *chunks;
    char text[];
};

struct frame {
    struct msvc_json *container;
    struct msvc_json **link; /* where the next child goes */
};

struct parser {
    struct msvc__json_scanner scanner;
    struct msvc_json_options options;
    struct msvc_json_document *document;
    char *chunk_at;    /* rest of the first chunk */
    size_t chunk_left; /* bytes */
    size_t chunk_next; /* bytes of the chunk after */
    const char *name;  /* of the member whose value comes next */
    uint32_t name_length;
    uint64_t hash_key[2];
    bool has_hash_key;

    size_t depth;
    struct frame frames[MSVC_JSON_DEPTH_MAX];
};

static int no_memory(const struct parser *p)
{
    return msvc_error_set(p->scanner.err, MSVC_ERR_NOMEM, ORIGIN, 0,
                          "no memory for a JSON document");
}

/* Aligned for pointers and 64 bits; NULL when out of memory. */
static void *take_memory(struct parser *p, size_t size)
{
    void *taken;

    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > p->chunk_left) {
        size_t room = size > p->chunk_next ? size : p->chunk_next;
        struct chunk *chunk = msvc__grow(NULL, sizeof(*chunk) + room);

        if (chunk == NULL)
            return NULL;
        chunk->next = p->document->chunks;
        p->document->chunks = chunk;
        p->chunk_at = chunk->bytes;
        p->chunk_left = room;
        if (p->chunk_next < MOST_CHUNK)
            p->chunk_next *= 2;
    }
    taken = p->chunk_at;
    p->chunk_at += size;
    p->chunk_left -= size;
    return taken;
}

/* A value at the end of the open array or object, or the root. NULL when out of memory. */
static struct msvc_json *add_value(struct parser *p, enum msvc_json_type type)
{
    struct msvc_json *value = take_memory(p, sizeof(*value));

    if (value == NULL)
        return NULL;
    *value = (struct msvc_json){ .name = p->name, .name_length = p->name_length, .type = type };
    p->name = NULL;
    p->name_length = 0;
    if (p->depth == 0) {
        p->document->root = value;
    } else {
        struct frame *frame = &p->frames[p->depth - 1];

        *frame->link = value;
        frame->link = &value->next;
        frame->container->length++;
    }
    return value;
}

static int read_number(struct parser *p)
{
    const char *start = p->scanner.at;
    int status = msvc__json_scan_number(&p->scanner);
    size_t length = (size_t)(p->scanner.at - start);
    struct msvc_json *value;

    if (status < 0)
        return status;
    value = add_value(p, MSVC_JSON_NUMBER);
    if (value == NULL)
        return no_memory(p);
    value->value.text = p->scanner.pool;
    value->length = (uint32_t)length;
    memcpy(p->scanner.pool, start, length);
    p->scanner.pool[length] = '\0';
    p->scanner.pool += length + 1;
    return 0;
}

static int read_word(struct parser *p, const char *word, enum msvc_json_type type)
{
    size_t length = strlen(word);

    if ((size_t)(p->scanner.end - p->scanner.at) < length ||
        memcmp(p->scanner.at, word, length) != 0)
        return msvc__json_expected(&p->scanner, "true, false or null");
    p->scanner.at += length;
    return add_value(p, type) != NULL ? 0 : no_memory(p);
}

static int read_text(struct parser *p)
{
    struct msvc_json *value;
    const char *text;
    uint32_t length;
    int status;

    p->scanner.at++;
    status = msvc__json_read_string(&p->scanner, &text, &length);
    if (status < 0)
        return status;
    value = add_value(p, MSVC_JSON_STRING);
    if (value == NULL)
        return no_memory(p);
    value->value.text = text;
    value->length = length;
    return 0;
}

static int open_container(struct parser *p, enum msvc_json_type type)
{
    struct msvc_json *value;

    if (p->depth == p->options.depth_limit)
        return msvc__json_fail(&p->scanner, MSVC_ERR_LIMIT, p->scanner.at,
                               "nested deeper than the limit");
    value = add_value(p, type);
    if (value == NULL)
        return no_memory(p);
    p->frames[p->depth++] = (struct frame){ value, &value->value.children.first };
    p->scanner.at++;
    return 0;
}

/* Reads a value, or the start of one. */
static int read_value(struct parser *p)
{
    switch (p->scanner.at < p->scanner.end ? *p->scanner.at : '\0') {
    case '{':
        return open_container(p, MSVC_JSON_OBJECT);
    case '[':
        return open_container(p, MSVC_JSON_ARRAY);
    case '"':
        return read_text(p);
    case 't':
        return read_word(p, "true", MSVC_JSON_TRUE);
    case 'f':
        return read_word(p, "false", MSVC_JSON_FALSE);
    case 'n':
        return read_word(p, "null", MSVC_JSON_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(p);
    default:
        return msvc__json_expected(&p->scanner, "a value");
    }
}

static int read_name(struct parser *p)
{
    int status;

    msvc__json_skip_space(&p->scanner);
    if (!msvc__json_take(&p->scanner, '"'))
        return msvc__json_expected(&p->scanner, "a name in quotes");
    status = msvc__json_read_string(&p->scanner, &p->name, &p->name_length);
    if (status < 0)
        return status;
    msvc__json_skip_space(&p->scanner);
    return msvc__json_take(&p->scanner, ':') ? 0
                                             : msvc__json_expected(&p->scanner, "':' after a name");
}

static const uint64_t *hash_key(struct parser *p)
{
    if (!p->has_hash_key)
        msvc_random_fill(NULL, p->hash_key, sizeof(p->hash_key));
    p->has_hash_key = true;
    return p->hash_key;
}

/* `close` is where the object ends. */
static int finish_object(struct parser *p, struct msvc_json *object, const char *close)
{
    struct msvc__json_index *index = NULL;
    const struct msvc_json *duplicate;

    if (object->length > MSVC__JSON_INDEX_ABOVE) {
        index = take_memory(p, msvc__json_index_size(object->length));
        if (index == NULL)
            return no_memory(p);
        (void)hash_key(p);
    }
    duplicate = msvc__json_index_members(object, index, p->hash_key, p->options.allow_duplicates);
    if (duplicate == NULL)
        return 0;
    (void)msvc__json_fail(&p->scanner, MSVC_ERR_MALFORMED, close,
                          "the object that ends here has a name twice");
    if (p->scanner.err != NULL)
        (void)msvc_error_set(p->scanner.err, MSVC_ERR_MALFORMED, ORIGIN, 0, "%.200s: \"%.64s\"",
                             p->scanner.err->message, duplicate->name);
    return MSVC_ERR_MALFORMED;
}

/* Whether the innermost container ends here; it is then complete. */
static int close_container(struct parser *p)
{
    struct msvc_json *container = p->frames[p->depth - 1].container;
    bool is_object = container->type == MSVC_JSON_OBJECT;

    if (!msvc__json_take(&p->scanner, is_object ? '}' : ']'))
        return 0;
    p->depth--;
    if (is_object) {
        int status = finish_object(p, container, p->scanner.at - 1);

        if (status < 0)
            return status;
    }
    return 1;
}

/* After a value: everything that ends here, then the comma. Leaves depth 0 at the document's end.
 */
static int read_between(struct parser *p)
{
    while (p->depth > 0) {
        struct msvc_json *container = p->frames[p->depth - 1].container;
        bool is_object = container->type == MSVC_JSON_OBJECT;
        bool is_first = container->length == 0;
        int closed;

        msvc__json_skip_space(&p->scanner);
        closed = close_container(p);
        if (closed < 0)
            return closed;
        if (closed > 0)
            continue;
        if (!is_first && !msvc__json_take(&p->scanner, ','))
            return msvc__json_expected(&p->scanner, is_object ? "',' or '}'" : "',' or ']'");
        return is_object ? read_name(p) : 0;
    }
    return 0;
}

static int read_document(struct parser *p)
{
    int status = 0;

    do {
        msvc__json_skip_space(&p->scanner);
        status = read_value(p);
        if (status == 0)
            status = read_between(p);
    } while (status == 0 && p->depth > 0);
    if (status < 0)
        return status;
    msvc__json_skip_space(&p->scanner);
    return p->scanner.at == p->scanner.end
               ? 0
               : msvc__json_expected(&p->scanner, "nothing after the document");
}

static int take_options(struct parser *p, const struct msvc_json_options *options)
{
    int status = msvc__options_copy(&p->options, sizeof(p->options), options);

    if (status < 0)
        return msvc_error_set(p->scanner.err, status, ORIGIN, 0,
                              "JSON options that are not known here");
    if (p->options.depth_limit == 0)
        p->options.depth_limit = MSVC_JSON_DEPTH_MAX;
    if (p->options.length_limit == 0)
        p->options.length_limit = DEFAULT_LENGTH;
    if (p->options.depth_limit > MSVC_JSON_DEPTH_MAX ||
        p->options.length_limit > MSVC_JSON_LENGTH_MAX)
        return msvc_error_set(p->scanner.err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "JSON depth_limit above %d or length_limit above %zu",
                              MSVC_JSON_DEPTH_MAX, (size_t)MSVC_JSON_LENGTH_MAX);
    return 0;
}

static int start(struct parser *p, const char *text, size_t length)
{
    size_t guess = length < MOST_CHUNK ? length * 2 : MOST_CHUNK;

    if (length > p->options.length_limit)
        return msvc_error_set(p->scanner.err, MSVC_ERR_LIMIT, ORIGIN, 0,
                              "JSON of %zu bytes, expected at most %zu", length,
                              p->options.length_limit);
    p->document = msvc__grow(NULL, sizeof(*p->document) + length + 1);
    if (p->document == NULL)
        return no_memory(p);
    p->document->root = NULL;
    p->document->chunks = NULL;
    p->scanner.pool = p->document->text;
    p->chunk_next = guess > LEAST_CHUNK ? guess : LEAST_CHUNK;
    p->scanner.start = text;
    p->scanner.at = text;
    p->scanner.end = text + length;
    return 0;
}

int msvc_json_parse(struct msvc_json_document **out, const char *text, size_t length,
                    const struct msvc_json_options *options, struct msvc_error *err)
{
    struct parser p;
    int status;

    memset(&p, 0, offsetof(struct parser, frames));
    p.scanner.err = err;
    if (out == NULL || text == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "expected JSON, found NULL");
    status = take_options(&p, options);
    if (status == 0)
        status = start(&p, text, length);
    if (status < 0)
        return status;
    status = read_document(&p);
    if (status < 0) {
        msvc_json_free(p.document);
        return status;
    }
    *out = p.document;
    return 0;
}

void msvc_json_free(struct msvc_json_document *document)
{
    struct chunk *chunk = document != NULL ? document->chunks : NULL;

    while (chunk != NULL) {
        struct chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    free(document);
}

const struct msvc_json *msvc_json_root(const struct msvc_json_document *document)
{
    return document != NULL ? document->root : NULL;
}
