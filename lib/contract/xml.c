/* SPDX-License-Identifier: MIT */
/*
 * Expat tells what it meets, and this builds the tree. What a peer can make it
 * hold is limited here; entities, which make much out of little, are not read
 * at all. White space around a text is layout and goes.
 */
#include "contract/xml_internal.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define SEPARATOR   '\n' /* between namespace and local part: in no name */
#define XML_BLANKS  " \t\r\n"
#define CHUNK_BYTES (1 << 20)

struct builder {
    XML_Parser parser;
    struct msvc__xml *root;
    struct msvc__xml *open;                        /* the innermost element */
    struct msvc_buffer texts[MSVC__XML_DEPTH_MAX]; /* of the open elements */
    size_t depth;
    size_t nodes;
    int status;
    const char *reason;
};

static void stop(struct builder *b, int status, const char *reason)
{
    if (b->status == 0) {
        b->status = status;
        b->reason = reason;
        (void)XML_StopParser(b->parser, XML_FALSE);
    }
}

/* "urn:a" and "b" come with the separator between them; free() the answer. */
static char *copy_name(const char *prefix, const char *name)
{
    size_t length = strlen(prefix);
    char *copy = msvc__new(length + strlen(name) + 1);
    char *separator;

    if (copy == NULL)
        return NULL;
    memcpy(copy, prefix, length);
    memcpy(copy + length, name, strlen(name) + 1);
    separator = strrchr(copy, SEPARATOR);
    if (separator != NULL)
        *separator = ':';
    return copy;
}

static int add_attribute(struct msvc__xml *element, const char *name, const char *value)
{
    char *copy = copy_name("@", name);
    int status = copy == NULL ? MSVC_ERR_NOMEM
                              : msvc__pairs_add(&element->attributes, copy, strlen(copy), value,
                                                strlen(value));

    free(copy);
    return status;
}

static void free_one(struct msvc__xml *element)
{
    free(element->name);
    free(element->text);
    msvc__pairs_clear(&element->attributes);
    free(element);
}

/* An element that nothing holds yet; NULL when out of memory. */
static struct msvc__xml *new_element(const char *name, const char **attributes)
{
    struct msvc__xml *element = msvc__new(sizeof(*element));

    if (element == NULL)
        return NULL;
    *element = (struct msvc__xml){ .name = copy_name("", name) };
    element->group_last = element;
    for (size_t i = 0; element->name != NULL && attributes[i] != NULL; i += 2) {
        if (add_attribute(element, attributes[i], attributes[i + 1]) == 0)
            continue;
        free_one(element);
        return NULL;
    }
    if (element->name != NULL)
        return element;
    free_one(element);
    return NULL;
}

struct msvc__xml *msvc__xml_child(const struct msvc__xml *element, const char *name)
{
    struct msvc__xml *group = element->groups;

    while (group != NULL && strcmp(group->name, name) != 0)
        group = group->next_group;
    return group;
}

static void adopt(struct builder *b, struct msvc__xml *element)
{
    struct msvc__xml *parent = b->open;
    struct msvc__xml *group = parent != NULL ? msvc__xml_child(parent, element->name) : NULL;

    element->parent = parent;
    b->open = element;
    b->depth++;
    if (parent == NULL) {
        b->root = element;
        return;
    }
    parent->child_count++;
    if (group != NULL) {
        group->group_last->next = element;
        group->group_last = element;
        return;
    }
    element->next_group = parent->groups;
    parent->groups = element;
    if (++parent->group_count > MSVC__XML_NAMES_MAX)
        stop(b, MSVC_ERR_LIMIT, "an element has children of too many names");
}

static void XMLCALL start_element(void *user, const char *name, const char **attributes)
{
    struct builder *b = user;
    struct msvc__xml *element;
    size_t count = 0;

    if (b->status < 0)
        return;
    while (attributes[count * 2] != NULL)
        count++;
    b->nodes += 1 + count;
    if (b->depth == MSVC__XML_DEPTH_MAX)
        stop(b, MSVC_ERR_LIMIT, "its elements are nested too deep");
    else if (count > MSVC__XML_ATTRIBUTES_MAX)
        stop(b, MSVC_ERR_LIMIT, "an element has too many attributes");
    else if (b->nodes > MSVC__XML_NODES_MAX)
        stop(b, MSVC_ERR_LIMIT, "it has too many elements");
    else if ((element = new_element(name, attributes)) == NULL)
        stop(b, MSVC_ERR_NOMEM, "no memory");
    else
        adopt(b, element);
    if (b->status == 0) {
        b->open->tag = (size_t)XML_GetCurrentByteIndex(b->parser);
        b->open->inside = b->open->tag + (size_t)XML_GetCurrentByteCount(b->parser);
    }
}

/* The text of the innermost element, without blanks around; NULL when out of memory. */
static char *take_text(struct msvc_buffer *text)
{
    size_t start = 0;
    size_t end = text->length;
    char *copy;

    while (start < end && strchr(XML_BLANKS, text->data[start]) != NULL)
        start++;
    while (end > start && strchr(XML_BLANKS, text->data[end - 1]) != NULL)
        end--;
    copy = msvc_buffer_status(text) < 0
               ? NULL
               : msvc__copy_bytes(end > start ? text->data + start : "", end - start);
    msvc_buffer_clear(text);
    return copy;
}

static void XMLCALL end_element(void *user, const char *name)
{
    struct builder *b = user;

    (void)name;
    if (b->status < 0)
        return;
    b->open->text = take_text(&b->texts[--b->depth]);
    if (b->open->text == NULL)
        stop(b, MSVC_ERR_NOMEM, "no memory");
    b->open->inside_end = (size_t)XML_GetCurrentByteIndex(b->parser);
    if (b->open->inside_end < b->open->inside) /* <a/> is both tags */
        b->open->inside_end = b->open->inside;
    b->open = b->open->parent;
}

static void XMLCALL add_text(void *user, const char *text, int length)
{
    struct builder *b = user;

    if (b->status == 0 && b->depth > 0)
        msvc_buffer_bytes(&b->texts[b->depth - 1], text, (size_t)length);
}

static void XMLCALL refuse_doctype(void *user, const char *name, const char *system,
                                   const char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(user, MSVC_ERR_MALFORMED, "a document type declaration is not allowed");
}

static int run(struct builder *b, const char *text, size_t length)
{
    enum XML_Status status = XML_STATUS_OK;

    XML_SetUserData(b->parser, b);
    XML_SetElementHandler(b->parser, start_element, end_element);
    XML_SetCharacterDataHandler(b->parser, add_text);
    XML_SetStartDoctypeDeclHandler(b->parser, refuse_doctype);
    for (size_t at = 0; status == XML_STATUS_OK && at < length; at += CHUNK_BYTES) {
        size_t left = length - at;

        status = XML_Parse(b->parser, text + at, left < CHUNK_BYTES ? (int)left : CHUNK_BYTES, 0);
    }
    if (status == XML_STATUS_OK)
        status = XML_Parse(b->parser, "", 0, 1);
    if (status != XML_STATUS_OK && b->status == 0) {
        enum XML_Error code = XML_GetErrorCode(b->parser);

        b->status = code == XML_ERROR_NO_MEMORY ? MSVC_ERR_NOMEM : MSVC_ERR_MALFORMED;
        b->reason = XML_ErrorString(code);
    }
    return b->status;
}

bool msvc__xml_is_type(const char *type)
{
    size_t length = strlen(type);

    return length >= 4 &&
           (strcmp(type + length - 4, "/xml") == 0 || strcmp(type + length - 4, "+xml") == 0);
}

int msvc__xml_parse(struct msvc__xml **out, const char *text, size_t length, struct msvc_error *err)
{
    static const XML_Memory_Handling_Suite memory = { msvc__new, msvc__grow, free };
    static const char separator[] = { SEPARATOR, '\0' };
    struct builder *b = msvc__new(sizeof(*b));
    int status;

    if (b != NULL)
        b->parser = XML_ParserCreate_MM(NULL, &memory, separator);
    if (b == NULL || b->parser == NULL) {
        free(b);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    }
    status = run(b, text, length);
    if (status == 0) {
        *out = b->root;
    } else {
        (void)msvc_error_set(err, status, MSVC__CONTRACT, 0, "XML, line %lu: %s",
                             (unsigned long)XML_GetCurrentLineNumber(b->parser), b->reason);
        msvc__xml_free(b->root);
    }
    for (size_t i = 0; i < MSVC__XML_DEPTH_MAX; i++)
        msvc_buffer_clear(&b->texts[i]);
    XML_ParserFree(b->parser);
    free(b);
    return status;
}

/* Never deeper than MSVC__XML_DEPTH_MAX. */
void msvc__xml_free(struct msvc__xml *root)
{
    struct msvc__xml *group = root != NULL ? root->groups : NULL;

    while (group != NULL) {
        struct msvc__xml *next_group = group->next_group;

        for (struct msvc__xml *one = group; one != NULL;) {
            struct msvc__xml *next = one->next;

            msvc__xml_free(one);
            one = next;
        }
        group = next_group;
    }
    if (root != NULL)
        free_one(root);
}
