/* SPDX-License-Identifier: MIT */
#include "contract/cli/texts_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"
#include "contract/cli/command_internal.h"

static int read_all(struct msvc_buffer *out, const char *path, struct msvc_error *err)
{
    FILE *file = fopen(path, "rb");
    bool is_read;
    size_t count;

    if (file == NULL)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "verify", errno, "%s: %s", path,
                              strerror(errno));
    out->limit = MSVC_PACT_LENGTH_MAX;
    do {
        char *room = msvc_buffer_reserve(out, 65536);

        count = room != NULL ? fread(room, 1, 65536, file) : 0;
        msvc_buffer_added(out, count);
    } while (count > 0);
    is_read = !ferror(file) && msvc_buffer_status(out) == 0;
    (void)fclose(file);
    return is_read ? 0
                   : msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "verify", 0,
                                    "%s: expected a file of at most 64 MiB", path);
}

static int add_file(struct cli_texts *texts, const char *path)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact_text *items = msvc__grow(texts->items, (texts->count + 2) * sizeof(*items));
    char **names = msvc__grow(texts->names, (texts->count + 1) * sizeof(*names));
    struct msvc_error err;

    texts->items = items != NULL ? items : texts->items;
    texts->names = names != NULL ? names : texts->names;
    if (items == NULL || names == NULL)
        return CLI_INTERNAL;
    if (read_all(&text, path, &err) < 0) {
        msvc_buffer_clear(&text);
        return cli_fail(&err, CLI_BAD_PACT);
    }
    names[texts->count] = msvc__copy_text(path);
    items[texts->count].length = text.length;
    items[texts->count].text = text.length > 0 ? msvc_buffer_steal(&text) : msvc__copy_text("");
    items[++texts->count] = (struct msvc_pact_text){ NULL, 0 };
    return CLI_OK;
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int add_folder(struct cli_texts *texts, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_json, alphasort);
    int worst = CLI_OK;

    for (int i = 0; i < count; i++) {
        struct msvc_buffer path = MSVC_BUFFER_INIT;
        int code;

        msvc_buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
        code = msvc_buffer_status(&path) == 0 ? add_file(texts, path.data) : CLI_INTERNAL;
        worst = code > worst ? code : worst;
        msvc_buffer_clear(&path);
        free(entries[i]);
    }
    free(entries);
    return count < 0 ? CLI_BAD_PACT : worst;
}

int cli_texts_add(struct cli_texts *texts, const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISDIR(found.st_mode) ? add_folder(texts, path)
                                                             : add_file(texts, path);
}

void cli_texts_clear(struct cli_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        free((void *)(uintptr_t)texts->items[i].text);
        free(texts->names[i]);
    }
    free(texts->items);
    free(texts->names);
}
