/* SPDX-License-Identifier: MIT */
/*
 * Several test programs write one file, at the same time if they like: the
 * folder is locked, what is there is kept, and the new file takes the old
 * one's place in one step. Interactions stand in the order of their keys, so
 * that the file does not depend on who came first.
 */
#include <msvc/contract.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "contract/canonical_internal.h"
#include "contract/model_internal.h"
#include "contract/pact_internal.h"

static int io_failed(struct msvc_error *err, const char *path)
{
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, MSVC__CONTRACT, errno, "%s: %s", path,
                          strerror(errno));
}

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

/* What is to be written: borrowed interactions of both, those of the file first. */
struct merged {
    const struct msvc__interaction **items;
    size_t count;
};

static int merge(struct merged *out, const struct msvc_pact *pact, const struct msvc_pact *file,
                 struct msvc_error *err)
{
    size_t known = msvc_pact_count(file);

    out->items = msvc__new_array(known + pact->count + 1, sizeof(struct msvc__interaction *));
    if (out->items == NULL)
        return no_memory(err);
    for (size_t i = 0; i < known; i++)
        out->items[out->count++] = file->interactions[i];
    for (size_t i = 0; i < pact->count; i++) {
        const struct msvc__interaction *mine = pact->interactions[i];
        const struct msvc__interaction *theirs =
            file != NULL ? msvc__pact_find(file, mine->key) : NULL;

        if (theirs == NULL)
            out->items[out->count++] = mine;
        else if (strcmp(theirs->text, mine->text) != 0)
            return msvc_error_set(err, MSVC_ERR_EXISTS, MSVC__CONTRACT, 0,
                                  "the file has another interaction \"%s\" with the same states; "
                                  "replace the file if the contract has changed",
                                  mine->description);
    }
    qsort(out->items, out->count, sizeof(struct msvc__interaction *), by_key);
    return 0;
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

static void write_name(struct msvc_buffer *out, const char *role, const char *name)
{
    msvc_buffer_printf(out, "  \"%s\": {\n    \"name\": ", role);
    msvc__canonical_text(out, name, strlen(name));
    msvc_buffer_text(out, "\n  }");
}

static int write_text(struct msvc_buffer *out, const struct msvc_pact *pact,
                      const struct merged *all, struct msvc_error *err)
{
    int status = 0;

    msvc_buffer_text(out, "{\n");
    write_name(out, "consumer", pact->consumer);
    msvc_buffer_text(out, ",\n  \"interactions\": [");
    for (size_t i = 0; status == 0 && i < all->count; i++) {
        msvc_buffer_text(out, i > 0 ? ",\n    " : "\n    ");
        status = write_interaction(out, all->items[i], err);
    }
    msvc_buffer_text(out, all->count > 0 ? "\n  ],\n" : "],\n");
    msvc_buffer_text(out, "  \"metadata\": {\n    \"pactSpecification\": {\n"
                          "      \"version\": \"3.0.0\"\n    }\n  },\n");
    write_name(out, "provider", pact->provider);
    msvc_buffer_text(out, "\n}\n");
    if (status == 0 && msvc_buffer_status(out) < 0)
        return no_memory(err);
    return status;
}

static int write_all(int file, const struct msvc_buffer *text)
{
    size_t done = 0;

    while (done < text->length) {
        ssize_t count = write(file, text->data + done, text->length - done);

        if (count < 0 && errno != EINTR)
            return -1;
        done += count > 0 ? (size_t)count : 0;
    }
    return fsync(file);
}

/* The file is either the old one or the new one, whatever happens. */
static int replace(const char *path, const struct msvc_buffer *text, struct msvc_error *err)
{
    struct msvc_buffer name = MSVC_BUFFER_INIT;
    int status = 0;
    int file;

    msvc_buffer_printf(&name, "%s.new", path);
    if (msvc_buffer_status(&name) < 0) {
        msvc_buffer_clear(&name);
        return no_memory(err);
    }
    file = open(name.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || write_all(file, text) < 0)
        status = io_failed(err, name.data);
    if (file >= 0 && close(file) < 0 && status == 0)
        status = io_failed(err, name.data);
    if (status == 0 && rename(name.data, path) < 0)
        status = io_failed(err, path);
    if (status < 0 && file >= 0)
        (void)unlink(name.data);
    msvc_buffer_clear(&name);
    return status;
}

/* The pact in the file, NULL when there is no file; and its bytes. */
static int read_file(struct msvc_pact **out, struct msvc_buffer *text, const char *path,
                     struct msvc_error *err)
{
    int status = msvc__pact_load(text, path, err);

    if (status == MSVC_ERR_NOT_FOUND)
        return 0;
    if (status == 0)
        status = msvc_pact_parse(out, text->data != NULL ? text->data : "", text->length, err);
    if (status == 0 && (*out)->version != 3)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "%s: a pact of version %u, expected 3", path, (*out)->version);
    if (status < 0)
        msvc_error_prefix(err, "%s", path);
    return status;
}

static int update(const struct msvc_pact *pact, const char *path, bool replaces_file,
                  struct msvc_error *err)
{
    struct msvc_buffer old = MSVC_BUFFER_INIT;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct merged all = { .items = NULL };
    struct msvc_pact *file = NULL;
    int status = replaces_file ? 0 : read_file(&file, &old, path, err);

    if (status == 0)
        status = merge(&all, pact, file, err);
    if (status == 0)
        status = write_text(&text, pact, &all, err);
    if (status == 0 && (old.length != text.length || memcmp(old.data, text.data, text.length) != 0))
        status = replace(path, &text, err);
    free(all.items);
    msvc_pact_free(file);
    msvc_buffer_clear(&old);
    msvc_buffer_clear(&text);
    return status;
}

static int update_locked(const struct msvc_pact *pact, const char *folder, bool replaces_file,
                         struct msvc_error *err)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status;

    if (lock < 0)
        return io_failed(err, folder);
    msvc_buffer_printf(&path, "%s/%s-%s.json", folder, pact->consumer, pact->provider);
    if (msvc_buffer_status(&path) < 0)
        status = no_memory(err);
    else if (msvc__lock_wait(lock) < 0)
        status = io_failed(err, folder);
    else
        status = update(pact, path.data, replaces_file, err);
    msvc_buffer_clear(&path);
    (void)close(lock); /* which unlocks it */
    return status;
}

int msvc_pact_write(const struct msvc_pact *pact, const char *folder,
                    const struct msvc_pact_write_options *options, struct msvc_error *err)
{
    struct msvc_pact_write_options o;
    int status;

    if (pact == NULL || folder == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a pact and a folder, found NULL");
    if (pact->version != 3 || strchr(pact->consumer, '/') != NULL ||
        strchr(pact->provider, '/') != NULL)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "expected a pact of version 3 whose names can be a file's");
    status = msvc__options_copy(&o, sizeof(o), options);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return update_locked(pact, folder, o.replaces_file, err);
}
