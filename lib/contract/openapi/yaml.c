/* SPDX-License-Identifier: MIT */
/*
 * YAML 1.2 as JSON, by the core schema: what looks like null, a boolean or a
 * number and is not quoted is one, keys are always texts. Digits stay as they
 * are written.
 */
#include "contract/openapi/openapi_internal.h"

#include <string.h>

#include <yaml.h>

#include <msvc/error.h>
#include <msvc/status.h>

#define DEPTH_MAX 200
#define BYTES_MAX 0x4000000 /* what aliases may blow it up to */

struct load {
    yaml_document_t document;
    struct msvc_json_writer w;
    struct msvc_buffer *out;
    struct msvc_error *err;
};

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, text) == 0)
            return true;
    }
    return false;
}

/* As JSON writes it: "-1", "0.5", "1e-3"; no "+1", "01", ".5". */
static bool is_number(const char *text)
{
    const char *at = text + (*text == '-');
    size_t digits = strspn(at, "0123456789");

    if (digits == 0 || (digits > 1 && *at == '0'))
        return false;
    at += digits;
    if (*at == '.') {
        digits = strspn(at + 1, "0123456789");
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        digits = strspn(at, "0123456789");
        if (digits == 0)
            return false;
        at += digits;
    }
    return *at == '\0';
}

static void write_scalar(struct load *l, const yaml_node_t *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    const char *text = (const char *)node->data.scalar.value;
    size_t length = node->data.scalar.length;

    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || strlen(text) != length)
        msvc_json_text_n(&l->w, text, length);
    else if (is_one_of(text, nulls))
        msvc_json_null(&l->w);
    else if (is_one_of(text, trues) || is_one_of(text, falses))
        msvc_json_bool(&l->w, is_one_of(text, trues));
    else if (is_number(text))
        msvc_json_raw(&l->w, text, length);
    else
        msvc_json_text_n(&l->w, text, length);
}

static int write_node(struct load *l, int index, unsigned depth);

static int fail(struct load *l, int status, const yaml_node_t *node, const char *message)
{
    return msvc_error_set(l->err, status, MSVC__OPENAPI, 0, "line %zu, column %zu: %s",
                          node->start_mark.line + 1, node->start_mark.column + 1, message);
}

static int write_mapping(struct load *l, const yaml_node_t *node, unsigned depth)
{
    int status = 0;

    msvc_json_begin_object(&l->w);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         status == 0 && pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&l->document, pair->key);

        if (key == NULL || key->type != YAML_SCALAR_NODE ||
            strlen((const char *)key->data.scalar.value) != key->data.scalar.length)
            return fail(l, MSVC_ERR_MALFORMED, node, "expected keys that are texts");
        msvc_json_key(&l->w, (const char *)key->data.scalar.value);
        status = write_node(l, pair->value, depth + 1);
    }
    msvc_json_end_object(&l->w);
    return status;
}

static int write_sequence(struct load *l, const yaml_node_t *node, unsigned depth)
{
    int status = 0;

    msvc_json_begin_array(&l->w);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         status == 0 && item < node->data.sequence.items.top; item++)
        status = write_node(l, *item, depth + 1);
    msvc_json_end_array(&l->w);
    return status;
}

static int write_node(struct load *l, int index, unsigned depth)
{
    const yaml_node_t *node = yaml_document_get_node(&l->document, index);

    if (node == NULL)
        return msvc_error_set(l->err, MSVC_ERR_MALFORMED, MSVC__OPENAPI, 0, "expected a document");
    if (depth > DEPTH_MAX)
        return fail(l, MSVC_ERR_LIMIT, node, "nested too deep, or an alias inside of itself");
    if (msvc_buffer_status(l->out) < 0)
        return fail(l, msvc_buffer_status(l->out), node,
                    "expected at most 64 MiB with all aliases");
    if (node->type == YAML_MAPPING_NODE)
        return write_mapping(l, node, depth);
    if (node->type == YAML_SEQUENCE_NODE)
        return write_sequence(l, node, depth);
    write_scalar(l, node);
    return 0;
}

static int write_document(struct load *l)
{
    const yaml_node_t *root = yaml_document_get_root_node(&l->document);
    int status;

    if (root == NULL)
        return msvc_error_set(l->err, MSVC_ERR_MALFORMED, MSVC__OPENAPI, 0,
                              "expected a document, found nothing");
    msvc_json_writer_init(&l->w, l->out);
    status = write_node(l, 1, 0);
    if (status == 0 && msvc_json_writer_status(&l->w) < 0)
        status = msvc_error_set(l->err, msvc_json_writer_status(&l->w), MSVC__OPENAPI, 0, "%s",
                                msvc_status_text(msvc_json_writer_status(&l->w)));
    return status;
}

static int no_yaml(const yaml_parser_t *parser, struct msvc_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__OPENAPI, 0, "no memory");
    return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__OPENAPI, 0, "line %zu, column %zu: %s",
                          parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                          parser->problem != NULL ? parser->problem : "expected YAML");
}

int msvc__yaml_to_json(struct msvc_buffer *out, const char *text, size_t length,
                       struct msvc_error *err)
{
    struct load l = { .out = out, .err = err };
    yaml_parser_t parser;
    int status;

    out->limit = BYTES_MAX;
    if (yaml_parser_initialize(&parser) == 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__OPENAPI, 0, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (yaml_parser_load(&parser, &l.document) == 0) {
        status = no_yaml(&parser, err);
    } else {
        status = write_document(&l);
        yaml_document_delete(&l.document);
    }
    yaml_parser_delete(&parser);
    return status;
}
