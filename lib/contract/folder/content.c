/* SPDX-License-Identifier: MIT */
/* What a pact asks for, as an id: the same for pacts that say the same. */
#include "contract/folder/folder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"

static uint64_t hash(const char *text, uint64_t start)
{
    for (; *text != '\0'; text++)
        start = (start ^ (unsigned char)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
    return start;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Interactions and messages, canonical and sorted: their order says nothing. */
static int list_contents(char **texts, size_t *count, const struct msvc_json *root)
{
    static const char *const lists[] = { "interactions", "messages" };

    for (size_t i = 0; i < 2; i++) {
        const struct msvc_json *one = msvc_json_first(msvc_json_member(root, lists[i]));

        for (; one != NULL; one = msvc_json_next(one)) {
            struct msvc_buffer text = MSVC_BUFFER_INIT;

            if (msvc__canonical(&text, one) < 0) {
                msvc_buffer_clear(&text);
                return MSVC_ERR_NOMEM;
            }
            texts[(*count)++] = msvc_buffer_steal(&text);
        }
    }
    qsort(texts, *count, sizeof(*texts), by_text);
    return 0;
}

int msvc__pact_identify(char out[MSVC__CONTENT_ID_SIZE], const struct msvc_json *root)
{
    size_t most = msvc_json_count(msvc_json_member(root, "interactions")) +
                  msvc_json_count(msvc_json_member(root, "messages"));
    char **texts = msvc__new_array(most + 1, sizeof(*texts));
    uint64_t left = UINT64_C(0xcbf29ce484222325);
    uint64_t right = UINT64_C(0x9ae16a3b2f90404f);
    size_t count = 0;
    int status = texts != NULL ? list_contents(texts, &count, root) : MSVC_ERR_NOMEM;

    for (size_t i = 0; i < count; i++) {
        left = hash(texts[i], left ^ 0xff);
        right = hash(texts[i], right + left);
        free(texts[i]);
    }
    free(texts);
    (void)snprintf(out, MSVC__CONTENT_ID_SIZE, "%016llx%016llx", (unsigned long long)left,
                   (unsigned long long)right);
    return status;
}

int msvc__pact_content_id(char out[MSVC__CONTENT_ID_SIZE], const char *text, size_t length,
                          struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc__pact_document(&document, text, length, err);

    if (status == 0 && msvc__pact_identify(out, msvc_json_root(document)) < 0)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
    msvc_json_free(document);
    return status;
}

int msvc__pact_id_of(char out[MSVC__CONTENT_ID_SIZE], const struct msvc_pact_folder *folder,
                     const char *consumer, const char *version, const char *provider,
                     struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = msvc__folder_read_text(&text, folder,
                                        MSVC__PARTS("pacts", consumer, version, provider), err);

    out[0] = '\0';
    if (status == 0)
        status = msvc__pact_content_id(out, text.data != NULL ? text.data : "", text.length, err);
    msvc_buffer_clear(&text);
    return status == MSVC_ERR_NOT_FOUND ? 0 : status;
}
