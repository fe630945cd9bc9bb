/* SPDX-License-Identifier: MIT */
/* A pact: read from a file, or begun empty. */
#include <msvc/contract.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/canonical_internal.h"
#include "contract/model_internal.h"
#include "contract/pact_internal.h"

#define READ_BYTES     65536
#define NAME_MAX_BYTES 100

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

struct msvc__interaction *msvc__pact_find(const struct msvc_pact *pact, const char *key)
{
    for (size_t i = 0; i < pact->count; i++) {
        if (strcmp(pact->interactions[i]->key, key) == 0)
            return pact->interactions[i];
    }
    return NULL;
}

int msvc__pact_append(struct msvc_pact *pact, struct msvc__interaction *interaction)
{
    struct msvc__interaction **grown;
    size_t capacity = pact->capacity > 0 ? pact->capacity * 2 : 8;

    if (pact->count == MSVC_PACT_INTERACTIONS_MAX)
        return MSVC_ERR_LIMIT;
    if (pact->count == pact->capacity) {
        grown = msvc__grow(pact->interactions, capacity * sizeof(struct msvc__interaction *));
        if (grown == NULL)
            return MSVC_ERR_NOMEM;
        pact->interactions = grown;
        pact->capacity = capacity;
    }
    pact->interactions[pact->count++] = interaction;
    return 0;
}

static bool is_file_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strlen(name) <= NAME_MAX_BYTES &&
           strchr(name, '/') == NULL;
}

static int make(struct msvc_pact **out, const char *consumer, const char *provider,
                unsigned version, struct msvc_error *err)
{
    struct msvc_pact *pact = msvc__new(sizeof(*pact));

    if (pact == NULL)
        return no_memory(err);
    pact->version = version;
    pact->consumer = msvc__copy_text(consumer);
    pact->provider = msvc__copy_text(provider);
    if (pact->consumer == NULL || pact->provider == NULL) {
        msvc_pact_free(pact);
        return no_memory(err);
    }
    *out = pact;
    return 0;
}

int msvc_pact_new(struct msvc_pact **out, const char *consumer, const char *provider,
                  const struct msvc_pact_options *options, struct msvc_error *err)
{
    struct msvc_pact_options o;
    int status = msvc__options_copy(&o, sizeof(o), options);

    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    if (out == NULL || consumer == NULL || provider == NULL || !is_file_name(consumer) ||
        !is_file_name(provider))
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected names of consumer and provider of 1 to %d bytes, without "
                              "a slash and not starting with a dot",
                              NAME_MAX_BYTES);
    if (o.version != 0 && o.version != 3 && o.version != 4)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "specification version %u, expected 3 or 4", o.version);
    return make(out, consumer, provider, o.version != 0 ? o.version : 3, err);
}

void msvc_pact_free(struct msvc_pact *pact)
{
    if (pact == NULL)
        return;
    for (size_t i = 0; i < pact->count; i++)
        msvc__interaction_free(pact->interactions[i]);
    free(pact->interactions);
    msvc_json_free(pact->frame);
    free(pact->consumer);
    free(pact->provider);
    free(pact);
}

/* The version as written, under one of the names it had over the years; NULL when there is none. */
static const char *written_version(const struct msvc_json *root)
{
    const struct msvc_json *metadata = msvc_json_member(root, "metadata");
    static const char *const names[] = { "pactSpecification", "pact-specification" };
    const char *version =
        msvc_json_string(msvc_json_member(metadata, "pactSpecificationVersion"), NULL);

    for (size_t i = 0; version == NULL && i < 2; i++)
        version = msvc_json_string(
            msvc_json_member(msvc_json_member(metadata, names[i]), "version"), NULL);
    return version;
}

/* Version 1.1 compares queries as version 2 does. */
int msvc__pact_version(unsigned *out, const struct msvc_json *root, struct msvc_error *err)
{
    const char *text = written_version(root);

    if (text == NULL || text[0] == '3')
        *out = 3;
    else if (text[0] == '2' || strncmp(text, "1.1", 3) == 0)
        *out = 2;
    else if (text[0] == '1')
        *out = 1;
    else if (text[0] == '4')
        *out = 4;
    else
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "pact specification version %s, expected 1 to 4", text);
    return 0;
}

static int read_list(struct msvc_pact *pact, const struct msvc_json *root, const char *name,
                     enum msvc_pact_kind kind, enum msvc__reading reading, struct msvc_error *err)
{
    const struct msvc_json *list = msvc_json_member(root, name);

    if (list != NULL && msvc_json_type(list) != MSVC_JSON_ARRAY)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected %s to be a list", name);
    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        struct msvc__interaction *interaction = NULL;
        int status = msvc__interaction_read(&interaction, one, kind, pact->version, reading, err);

        if (status < 0)
            return status;
        status = msvc__pact_append(pact, interaction);
        if (status < 0) {
            msvc__interaction_free(interaction);
            return msvc_error_set(err, status, MSVC__CONTRACT, 0, "interaction %zu: %s",
                                  pact->count + 1, msvc_status_text(status));
        }
    }
    return 0;
}

/* Everything but the lists, for whoever wrote it: it goes back into the file. */
static int keep_frame(struct msvc_pact *pact, const struct msvc_json *root, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;
    int status;

    msvc_json_writer_init(&w, &text);
    msvc_json_begin_object(&w);
    for (const struct msvc_json *one = msvc_json_first(root); one != NULL;
         one = msvc_json_next(one)) {
        const char *name = msvc_json_name(one, NULL);

        if (strcmp(name, "interactions") == 0 || strcmp(name, "messages") == 0)
            continue;
        msvc_json_key(&w, name);
        msvc__canonical_value(&w, one);
    }
    msvc_json_end_object(&w);
    status = msvc_json_writer_status(&w) == 0
                 ? msvc_json_parse(&pact->frame, text.data, text.length, NULL, err)
                 : no_memory(err);
    msvc_buffer_clear(&text);
    return status;
}

/* Version 3 has requests in one list and messages in another. */
static int read_content(struct msvc_pact *pact, const struct msvc_json *root,
                        enum msvc__reading reading, struct msvc_error *err)
{
    bool has_messages = pact->version == 3 && msvc_json_member(root, "messages") != NULL;
    int status = 0;

    if (!has_messages && msvc_json_member(root, "interactions") == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected interactions to be a list");
    status = read_list(pact, root, "interactions", MSVC_PACT_KIND_HTTP, reading, err);
    if (status == 0 && has_messages)
        status = read_list(pact, root, "messages", MSVC_PACT_KIND_MESSAGE, reading, err);
    if (status == 0)
        status = keep_frame(pact, root, err);
    return status;
}

int msvc__pact_read(struct msvc_pact **out, const struct msvc_json *root,
                    enum msvc__reading reading, struct msvc_error *err)
{
    const char *consumer =
        msvc_json_string(msvc_json_member(msvc_json_member(root, "consumer"), "name"), NULL);
    const char *provider =
        msvc_json_string(msvc_json_member(msvc_json_member(root, "provider"), "name"), NULL);
    struct msvc_pact *pact = NULL;
    unsigned version = 3;
    int status = msvc__pact_version(&version, root, err);

    if (status < 0)
        return status;
    if (consumer == NULL || provider == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected an object with consumer.name and provider.name");
    status = make(&pact, consumer, provider, version, err);
    if (status == 0)
        status = read_content(pact, root, reading, err);
    if (status < 0)
        msvc_pact_free(pact);
    else
        *out = pact;
    return status;
}

int msvc__pact_document(struct msvc_json_document **out, const char *text, size_t length,
                        struct msvc_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (length >= 3 && memcmp(text, mark, 3) == 0) { /* some editors write one */
        text += 3;
        length -= 3;
    }
    return msvc_json_parse(out, text, length,
                           MSVC_JSON_OPTIONS(.length_limit = MSVC_PACT_LENGTH_MAX), err);
}

int msvc_pact_parse(struct msvc_pact **out, const char *text, size_t length, struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status;

    if (out == NULL || text == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a text, found NULL");
    status = msvc__pact_document(&document, text, length, err);
    if (status == 0)
        status = msvc__pact_read(out, msvc_json_root(document), MSVC__READ_ALL, err);
    msvc_json_free(document);
    return status;
}

static int read_all(struct msvc_buffer *out, int file)
{
    ssize_t count;

    do {
        char *room = msvc_buffer_reserve(out, READ_BYTES);

        if (room == NULL)
            return msvc_buffer_status(out);
        count = read(file, room, READ_BYTES);
        if (count > 0)
            msvc_buffer_added(out, (size_t)count);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count < 0 ? MSVC_ERR_UNAVAILABLE : 0;
}

int msvc__pact_load(struct msvc_buffer *out, const char *path, struct msvc_error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int status;

    if (file < 0)
        return msvc_error_set(err, errno == ENOENT ? MSVC_ERR_NOT_FOUND : MSVC_ERR_UNAVAILABLE,
                              MSVC__CONTRACT, errno, "%s: %s", path, strerror(errno));
    out->limit = MSVC_PACT_LENGTH_MAX + READ_BYTES;
    status = read_all(out, file);
    if (status < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, errno, "%s: %s", path,
                       status == MSVC_ERR_UNAVAILABLE ? strerror(errno) : msvc_status_text(status));
    (void)close(file);
    return status;
}

/* A large pact is in memory once: as text, then as a document, then as itself. */
static int read_text(struct msvc_pact **out, struct msvc_buffer *text, const char *path,
                     struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status =
        msvc__pact_document(&document, text->data != NULL ? text->data : "", text->length, err);

    msvc_buffer_clear(text);
    if (status == 0)
        status = msvc__pact_read(out, msvc_json_root(document), MSVC__READ_ALL, err);
    msvc_json_free(document);
    if (status < 0)
        msvc_error_prefix(err, "%s", path);
    return status;
}

int msvc_pact_open(struct msvc_pact **out, const char *path, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    if (out == NULL || path == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a path, found NULL");
    status = msvc__pact_load(&text, path, err);
    if (status == 0)
        status = read_text(out, &text, path, err);
    msvc_buffer_clear(&text);
    return status;
}

const char *msvc_pact_consumer(const struct msvc_pact *pact)
{
    return pact != NULL ? pact->consumer : NULL;
}

const char *msvc_pact_provider(const struct msvc_pact *pact)
{
    return pact != NULL ? pact->provider : NULL;
}

size_t msvc_pact_count(const struct msvc_pact *pact)
{
    return pact != NULL ? pact->count : 0;
}

const char *msvc_pact_description(const struct msvc_pact *pact, size_t index)
{
    return index < msvc_pact_count(pact) ? pact->interactions[index]->description : NULL;
}

enum msvc_pact_kind msvc_pact_kind(const struct msvc_pact *pact, size_t index)
{
    return index < msvc_pact_count(pact) ? pact->interactions[index]->kind : MSVC_PACT_KIND_HTTP;
}

unsigned msvc_pact_version(const struct msvc_pact *pact)
{
    return pact != NULL ? pact->version : 0;
}
