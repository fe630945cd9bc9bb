/* SPDX-License-Identifier: MIT */
/*
 * Several test programs write one file, at the same time if they like: the
 * folder is locked, what is there is kept, and the new file takes the old
 * one's place in one step.
 */
#include <msvc/contract.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/file_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
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

/* The pact in the file, NULL when there is no file; and its bytes. */
static int read_file(struct msvc_pact **out, struct msvc_buffer *text, const char *path,
                     struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc__pact_load(text, path, err);

    if (status == MSVC_ERR_NOT_FOUND)
        return 0;
    if (status == 0)
        status =
            msvc__pact_document(&document, text->data != NULL ? text->data : "", text->length, err);
    if (status == 0)
        status = msvc__pact_read(out, msvc_json_root(document), MSVC__READ_OUTLINE, err);
    msvc_json_free(document);
    return status;
}

static int write_all(int file, const struct msvc_buffer *text)
{
    return msvc__write_all(file, text->data, text->length) == text->length ? fsync(file) : -1;
}

int msvc__pact_replace(const char *path, const struct msvc_buffer *text, struct msvc_error *err)
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

static int update(const struct msvc_pact *pact, const char *path, bool replaces_file,
                  struct msvc_error *err)
{
    struct msvc_buffer old = MSVC_BUFFER_INIT;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact *file = NULL;
    int status = replaces_file ? 0 : read_file(&file, &old, path, err);

    if (status == 0)
        status = msvc__pact_text(&text, pact, file, err);
    if (status < 0)
        msvc_error_prefix(err, "%s", path);
    if (status == 0 && (old.length != text.length || memcmp(old.data, text.data, text.length) != 0))
        status = msvc__pact_replace(path, &text, err);
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
    if (pact->version < 3 || strchr(pact->consumer, '/') != NULL ||
        strchr(pact->provider, '/') != NULL)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "expected a pact of version 3 or 4 whose names can be a file's");
    status = msvc__options_copy(&o, sizeof(o), options);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return update_locked(pact, folder, o.replaces_file, err);
}
