/* SPDX-License-Identifier: MIT */
/* Names become file names, files change in one step. */
#include "contract/folder/folder_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msvc/status.h>

#include "contract/pact_internal.h"

#define PLAIN  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+@"
#define SUFFIX ".json"

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
}

static int io_failed(struct msvc_error *err, const char *path)
{
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, MSVC__FOLDER, errno, "%s: %s", path,
                          strerror(errno));
}

/* A dot in front would hide it, or climb. */
static void encode(struct msvc_buffer *out, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (strchr(PLAIN, *at) != NULL && !(at == name && *at == '.'))
            msvc_buffer_byte(out, *at);
        else
            msvc_buffer_printf(out, "%%%02X", (unsigned char)*at);
    }
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decode where it stands. */
static void decode(char *name)
{
    char *out = name;

    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '%' && digit(at[1]) >= 0 && digit(at[2]) >= 0) {
            *out++ = (char)(digit(at[1]) * 16 + digit(at[2]));
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

int msvc__folder_path(struct msvc_buffer *out, const struct msvc_pact_folder *folder,
                      const char *const *parts, const char *suffix)
{
    msvc_buffer_text(out, folder->path);
    for (; *parts != NULL; parts++) {
        msvc_buffer_byte(out, '/');
        encode(out, *parts);
    }
    msvc_buffer_text(out, suffix);
    return msvc_buffer_status(out) == 0 ? 0 : MSVC_ERR_NOMEM;
}

int msvc__folder_read_text(struct msvc_buffer *out, const struct msvc_pact_folder *folder,
                           const char *const *parts, struct msvc_error *err)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    int status = msvc__folder_path(&path, folder, parts, SUFFIX);

    status = status == 0 ? msvc__pact_load(out, path.data, err) : no_memory(err);
    msvc_buffer_clear(&path);
    return status;
}

int msvc__folder_read(json_t **out, const struct msvc_pact_folder *folder, const char *const *parts,
                      struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    json_error_t problem;
    int status = msvc__folder_read_text(&text, folder, parts, err);

    if (status == 0) {
        *out = json_loadb(text.data != NULL ? text.data : "", text.length, JSON_REJECT_DUPLICATES,
                          &problem);
        if (!json_is_object(*out)) {
            json_decref(*out);
            *out = NULL;
            status =
                msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__FOLDER, 0,
                               "%s/…/%s" SUFFIX ", line %d: expected a JSON object", folder->path,
                               parts[1] != NULL ? parts[1] : parts[0], problem.line);
        }
    }
    msvc_buffer_clear(&text);
    return status == MSVC_ERR_NOT_FOUND ? 0 : status;
}

bool msvc__folder_has(const struct msvc_pact_folder *folder, const char *const *parts)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    bool is_there =
        msvc__folder_path(&path, folder, parts, SUFFIX) == 0 && access(path.data, R_OK) == 0;

    msvc_buffer_clear(&path);
    return is_there;
}

/* Every folder on the way to a file below ours. */
static int make_parents(const struct msvc_pact_folder *folder, char *path, struct msvc_error *err)
{
    for (char *slash = strchr(path + strlen(folder->path) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        int made;

        *slash = '\0';
        made = mkdir(path, 0777);
        if (made < 0 && errno != EEXIST)
            return io_failed(err, path);
        *slash = '/';
    }
    return 0;
}

int msvc__folder_write_text(const struct msvc_pact_folder *folder, const char *const *parts,
                            const struct msvc_buffer *text, struct msvc_error *err)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    int status = msvc__folder_path(&path, folder, parts, SUFFIX);

    if (status < 0)
        status = no_memory(err);
    else
        status = make_parents(folder, path.data, err);
    if (status == 0)
        status = msvc__pact_replace(path.data, text, err);
    msvc_buffer_clear(&path);
    return status;
}

int msvc__folder_write(const struct msvc_pact_folder *folder, const char *const *parts,
                       const json_t *value, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *dump = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);
    int status;

    if (dump != NULL)
        msvc_buffer_printf(&text, "%s\n", dump);
    free(dump);
    status = text.length > 0 ? msvc__folder_write_text(folder, parts, &text, err) : no_memory(err);
    msvc_buffer_clear(&text);
    return status;
}

int msvc__folder_remove(const struct msvc_pact_folder *folder, const char *const *parts,
                        struct msvc_error *err)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    int status = msvc__folder_path(&path, folder, parts, SUFFIX);

    if (status < 0)
        status = no_memory(err);
    else if (unlink(path.data) < 0 && errno != ENOENT)
        status = io_failed(err, path.data);
    msvc_buffer_clear(&path);
    return status;
}

static int is_visible(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' &&
           (length < 4 || strcmp(entry->d_name + length - 4, ".new") != 0);
}

static int add_name(json_t *names, char *name)
{
    size_t length = strlen(name);

    if (length > strlen(SUFFIX) && strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0)
        name[length - strlen(SUFFIX)] = '\0';
    decode(name);
    return json_array_append_new(names, json_string(name));
}

json_t *msvc__folder_list(const struct msvc_pact_folder *folder, const char *const *parts)
{
    struct msvc_buffer path = MSVC_BUFFER_INIT;
    struct dirent **entries = NULL;
    json_t *names = json_array();
    int count = -1;

    if (names != NULL && msvc__folder_path(&path, folder, parts, "") == 0)
        count = scandir(path.data, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        (void)add_name(names, entries[i]->d_name); /* what is not UTF-8 is none of ours */
        free(entries[i]);
    }
    free(entries);
    msvc_buffer_clear(&path);
    return names;
}
