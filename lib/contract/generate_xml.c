/* SPDX-License-Identifier: MIT */
/*
 * Puts new values into the source of an XML body: everything else, prefixes
 * and comments too, stays as it was written. A value goes into an element that
 * has no elements ($.a.b or $.a.b['#text']), or into an attribute.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/generate_internal.h"
#include "contract/xml_internal.h"

#define BLANKS " \t\r\n"

/* What goes instead of some bytes of the source. */
struct edit {
    size_t start, end;
    char *text;
};

struct walk {
    const struct msvc__generate_run *run;
    const char *source;
    struct edit *edits;
    size_t count;
    int status;
};

static void write_escaped(struct msvc_buffer *out, const char *text, size_t length)
{
    static const char special[] = "&<>\"'";
    static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };

    for (size_t i = 0; i < length; i++) {
        const char *found = text[i] != '\0' ? strchr(special, text[i]) : NULL;

        if (found != NULL)
            msvc_buffer_text(out, names[found - special]);
        else
            msvc_buffer_byte(out, text[i]);
    }
}

/* Taken: text. */
static void add_edit(struct walk *w, size_t start, size_t end, char *text)
{
    struct edit *grown = msvc__grow(w->edits, (w->count + 1) * sizeof(*grown));

    if (grown == NULL || text == NULL) {
        w->status = msvc_error_set(w->run->err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
        w->edits = grown != NULL ? grown : w->edits;
        free(text);
        return;
    }
    w->edits = grown;
    grown[w->count++] = (struct edit){ start, end, text };
}

/* The new value of a place, escaped; false when there is none. */
static bool make(struct walk *w, struct msvc_buffer *out, const struct msvc__place *place)
{
    const struct msvc__generator *generator = msvc__generator_for(&w->run->part->generators, place);
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int made = 0;

    if (generator != NULL && w->status == 0)
        made = msvc__generate_text(&text, generator, w->run->mode, w->run->context, w->run->err);
    if (made == 1)
        write_escaped(out, text.data != NULL ? text.data : "", text.length);
    if (made < 0) {
        msvc_error_prefix(w->run->err, "generator %s at %s", generator->type, generator->where);
        w->status = made;
    }
    msvc_buffer_clear(&text);
    return made == 1;
}

static struct msvc__place inside(struct msvc__place *place, const char *name)
{
    return (struct msvc__place){
        .parent = place, .name = name, .name_length = strlen(name), .depth = place->depth + 1
    };
}

/* <a/> becomes <a>value</a>. */
static void edit_empty(struct walk *w, const struct msvc__xml *element, struct msvc_buffer *value)
{
    const char *name = w->source + element->tag + 1;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_byte(&text, '>');
    msvc_buffer_bytes(&text, value->data, value->length);
    msvc_buffer_text(&text, "</");
    msvc_buffer_bytes(&text, name, strcspn(name, BLANKS "/>"));
    msvc_buffer_byte(&text, '>');
    add_edit(w, element->inside - 2, element->inside, msvc_buffer_steal(&text));
    msvc_buffer_clear(&text);
}

static void edit_text(struct walk *w, struct msvc__place *place, const struct msvc__xml *element)
{
    struct msvc__place child = inside(place, "#text");
    struct msvc_buffer value = MSVC_BUFFER_INIT;

    if (element->child_count == 0 && (make(w, &value, &child) || make(w, &value, place))) {
        if (w->source[element->inside - 2] == '/')
            edit_empty(w, element, &value);
        else
            add_edit(w, element->inside, element->inside_end,
                     value.length > 0 ? msvc_buffer_steal(&value) : msvc__copy_bytes("", 0));
    }
    msvc_buffer_clear(&value);
}

/* The next attribute of a start tag: where its value is, without quotes. *at goes behind it. */
static bool next_attribute(const char **at, size_t *start, size_t *end, const char *source)
{
    for (;;) {
        const char *name = *at + strspn(*at, BLANKS);
        const char *quote = name + strcspn(name, "\"'>");

        if (*quote != '"' && *quote != '\'')
            return false;
        *start = (size_t)(quote + 1 - source);
        *end = *start + strcspn(quote + 1, *quote == '"' ? "\"" : "'");
        *at = source + *end + 1;
        if (strncmp(name, "xmlns", 5) != 0 || strchr(":= \t\r\n", name[5]) == NULL)
            return true;
    }
}

/* They come in the order of the source; declarations of namespaces are none. */
static void edit_attributes(struct walk *w, struct msvc__place *place,
                            const struct msvc__xml *element)
{
    const char *at = w->source + element->tag + 1;
    size_t start = 0;
    size_t end = 0;

    at += strcspn(at, BLANKS "/>");
    for (size_t i = 0;
         i < element->attributes.count && next_attribute(&at, &start, &end, w->source); i++) {
        struct msvc__place child = inside(place, element->attributes.items[i].name);
        struct msvc_buffer value = MSVC_BUFFER_INIT;

        if (make(w, &value, &child))
            add_edit(w, start, end,
                     value.length > 0 ? msvc_buffer_steal(&value) : msvc__copy_bytes("", 0));
        msvc_buffer_clear(&value);
    }
}

static void visit(struct walk *w, struct msvc__place *place, const struct msvc__xml *element)
{
    edit_attributes(w, place, element);
    edit_text(w, place, element);
    for (const struct msvc__xml *group = element->groups; group != NULL;
         group = group->next_group) {
        struct msvc__place child = inside(place, group->name);

        child.is_element = true;
        for (const struct msvc__xml *one = group; one != NULL && w->status == 0;
             one = one->next, child.index++)
            visit(w, &child, one);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct edit *left = a;
    const struct edit *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

static void apply(struct msvc_buffer *out, const struct walk *w, size_t length)
{
    size_t at = 0;

    for (size_t i = 0; i < w->count; i++) {
        msvc_buffer_bytes(out, w->source + at, w->edits[i].start - at);
        msvc_buffer_text(out, w->edits[i].text);
        at = w->edits[i].end;
    }
    msvc_buffer_bytes(out, w->source + at, length - at);
}

int msvc__generate_xml(struct msvc_buffer *out, const struct msvc__generate_run *run)
{
    struct walk w = { .run = run, .source = run->part->body };
    struct msvc__place root = { .depth = 1 };
    struct msvc__place place = inside(&root, run->part->xml->name);

    if (memchr(run->part->body, '\0', run->part->body_length) != NULL)
        return msvc_error_set(run->err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "values are generated in XML of 8-bit encodings only");
    place.is_element = true;
    visit(&w, &place, run->part->xml);
    if (w.count > 0)
        qsort(w.edits, w.count, sizeof(*w.edits), by_start);
    if (w.status == 0)
        apply(out, &w, run->part->body_length);
    for (size_t i = 0; i < w.count; i++)
        free(w.edits[i].text);
    free(w.edits);
    return w.status < 0 ? w.status : msvc_buffer_status(out);
}
