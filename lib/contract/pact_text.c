/* SPDX-License-Identifier: MIT */
/*
 * The one text of a pact: members by name, interactions in the order of their
 * keys, so that the file does not depend on who came first. What other tools
 * have put beside the interactions stays.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"

#define NAMES_MAX 256 /* members of the file and of its metadata */

/* What is to be written: borrowed interactions of both, and both frames. */
struct merged {
    const struct msvc_pact *pact;
    const struct msvc_pact *file; /* NULL when there is none */
    const struct msvc__interaction **items;
    size_t count;
};

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static int by_key(const void *a, const void *b)
{
    const struct msvc__interaction *const *left = a;
    const struct msvc__interaction *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);

    return order != 0 ? order : strcmp((*left)->text, (*right)->text);
}

static int differs(const struct msvc__interaction *one, struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_EXISTS, MSVC__CONTRACT, 0,
                          "another interaction \"%s\" with the same states; replace the file if "
                          "the contract has changed",
                          one->description);
}

/* All of both in their order, those that say the same once. */
static int merge(struct merged *all, struct msvc_error *err)
{
    size_t known = msvc_pact_count(all->file);
    size_t mine = all->pact->count;
    size_t kept = 0;

    all->items = msvc__new_array(known + mine + 1, sizeof(struct msvc__interaction *));
    if (all->items == NULL)
        return no_memory(err);
    for (size_t i = 0; i < known; i++)
        all->items[i] = all->file->interactions[i];
    for (size_t i = 0; i < mine; i++)
        all->items[known + i] = all->pact->interactions[i];
    qsort(all->items, known + mine, sizeof(struct msvc__interaction *), by_key);
    for (size_t i = 0; i < known + mine; i++) {
        const struct msvc__interaction *one = all->items[i];

        if (kept > 0 && strcmp(all->items[kept - 1]->key, one->key) == 0) {
            if (strcmp(all->items[kept - 1]->text, one->text) == 0)
                continue;
            if (known > 0)
                return differs(one, err);
        }
        all->items[kept++] = one;
    }
    all->count = kept;
    return 0;
}

static const struct msvc_json *frame_of(const struct msvc_pact *pact)
{
    return pact != NULL ? msvc_json_root(pact->frame) : NULL;
}

/* Names of members, each once and in order. */
struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    size_t at = 0;

    while (at < names->count && strcmp(names->items[at], name) < 0)
        at++;
    if (names->count == NAMES_MAX || (at < names->count && strcmp(names->items[at], name) == 0))
        return;
    memmove(&names->items[at + 1], &names->items[at], (names->count - at) * sizeof(const char *));
    names->items[at] = name;
    names->count++;
}

static void add_names(struct names *names, const struct msvc_json *object)
{
    for (const struct msvc_json *one = msvc_json_first(object);
         msvc_json_type(object) == MSVC_JSON_OBJECT && one != NULL; one = msvc_json_next(one))
        add_name(names, msvc_json_name(one, NULL));
}

static int write_interaction(struct msvc_buffer *out, const struct msvc__interaction *one,
                             struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc_json_parse(&document, one->text, strlen(one->text), NULL, err);

    if (status == 0 && msvc__canonical_pretty(out, msvc_json_root(document), 2) < 0)
        status = no_memory(err);
    msvc_json_free(document);
    return status;
}

static int write_list(struct msvc_buffer *out, const struct merged *all, bool is_messages,
                      struct msvc_error *err)
{
    bool is_split = all->pact->version == 3;
    bool is_first = true;
    int status = 0;

    msvc_buffer_byte(out, '[');
    for (size_t i = 0; status == 0 && i < all->count; i++) {
        if (is_split && (all->items[i]->kind == MSVC_PACT_KIND_MESSAGE) != is_messages)
            continue;
        msvc_buffer_text(out, is_first ? "\n    " : ",\n    ");
        is_first = false;
        status = write_interaction(out, all->items[i], err);
    }
    msvc_buffer_text(out, is_first ? "]" : "\n  ]");
    return status;
}

static bool has_kind(const struct merged *all, bool is_messages)
{
    for (size_t i = 0; i < all->count; i++) {
        if ((all->items[i]->kind == MSVC_PACT_KIND_MESSAGE) == is_messages)
            return true;
    }
    return false;
}

/* Ours first, then what the file has. */
static const struct msvc_json *find(const struct merged *all, const char *parent, const char *name)
{
    const struct msvc_json *mine = frame_of(all->pact);
    const struct msvc_json *theirs = frame_of(all->file);
    const struct msvc_json *found =
        msvc_json_member(parent != NULL ? msvc_json_member(mine, parent) : mine, name);

    if (found != NULL)
        return found;
    return msvc_json_member(parent != NULL ? msvc_json_member(theirs, parent) : theirs, name);
}

static void write_metadata(struct msvc_buffer *out, const struct merged *all)
{
    struct names names = { .count = 0 };

    add_name(&names, "pactSpecification");
    add_names(&names, msvc_json_member(frame_of(all->pact), "metadata"));
    add_names(&names, msvc_json_member(frame_of(all->file), "metadata"));
    for (size_t i = 0; i < names.count; i++) {
        msvc_buffer_text(out, i == 0 ? "{\n    " : ",\n    ");
        msvc__canonical_text(out, names.items[i], strlen(names.items[i]));
        msvc_buffer_text(out, ": ");
        if (strcmp(names.items[i], "pactSpecification") == 0)
            msvc_buffer_printf(out, "{\n      \"version\": \"%s\"\n    }",
                               all->pact->version >= 4 ? "4.0" : "3.0.0");
        else
            (void)msvc__canonical_pretty(out, find(all, "metadata", names.items[i]), 2);
    }
    msvc_buffer_text(out, "\n  }");
}

static void write_party(struct msvc_buffer *out, const struct merged *all, const char *role,
                        const char *name)
{
    if (find(all, NULL, role) != NULL) {
        (void)msvc__canonical_pretty(out, find(all, NULL, role), 1);
        return;
    }
    msvc_buffer_text(out, "{\n    \"name\": ");
    msvc__canonical_text(out, name, strlen(name));
    msvc_buffer_text(out, "\n  }");
}

static int write_member(struct msvc_buffer *out, const struct merged *all, const char *name,
                        struct msvc_error *err)
{
    if (strcmp(name, "interactions") == 0)
        return write_list(out, all, false, err);
    if (strcmp(name, "messages") == 0)
        return write_list(out, all, true, err);
    if (strcmp(name, "metadata") == 0)
        write_metadata(out, all);
    else if (strcmp(name, "consumer") == 0)
        write_party(out, all, name, all->pact->consumer);
    else if (strcmp(name, "provider") == 0)
        write_party(out, all, name, all->pact->provider);
    else
        (void)msvc__canonical_pretty(out, find(all, NULL, name), 1);
    return 0;
}

static int write_all(struct msvc_buffer *out, const struct merged *all, struct msvc_error *err)
{
    struct names names = { .count = 0 };
    int status = 0;

    add_name(&names, "consumer");
    add_name(&names, "metadata");
    add_name(&names, "provider");
    if (all->pact->version >= 4 || has_kind(all, false) || !has_kind(all, true))
        add_name(&names, "interactions");
    if (all->pact->version == 3 && has_kind(all, true))
        add_name(&names, "messages");
    add_names(&names, frame_of(all->pact));
    add_names(&names, frame_of(all->file));
    for (size_t i = 0; status == 0 && i < names.count; i++) {
        msvc_buffer_text(out, i == 0 ? "{\n  " : ",\n  ");
        msvc__canonical_text(out, names.items[i], strlen(names.items[i]));
        msvc_buffer_text(out, ": ");
        status = write_member(out, all, names.items[i], err);
    }
    msvc_buffer_text(out, "\n}\n");
    if (status == 0 && msvc_buffer_status(out) < 0)
        return no_memory(err);
    return status;
}

/* Version 3 keeps either requests or messages. */
static int check(const struct merged *all, struct msvc_error *err)
{
    if (all->file != NULL && all->file->version != all->pact->version)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "a pact of version %u, expected %u", all->file->version,
                              all->pact->version);
    if (all->file != NULL && all->pact->version == 3 && has_kind(all, true) && has_kind(all, false))
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "requests and messages in one pact are of version 4 of the "
                              "specification");
    return 0;
}

int msvc__pact_text(struct msvc_buffer *out, const struct msvc_pact *pact,
                    const struct msvc_pact *file, struct msvc_error *err)
{
    struct merged all = { .pact = pact, .file = file };
    int status = merge(&all, err);

    if (status == 0)
        status = check(&all, err);
    if (status == 0)
        status = write_all(out, &all, err);
    free(all.items);
    return status;
}
