/* SPDX-License-Identifier: MIT */
/* Pacts from files, folders and URLs. */
#include "contract/cli/pacts_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/cli/command_internal.h"
#include "contract/cli/peer_internal.h"

int cli_pacts_append(struct cli_pacts *pacts, struct msvc_pact *pact, const char *source)
{
    struct cli_pact *grown = msvc__grow(pacts->items, (pacts->count + 1) * sizeof(*grown));
    char *copy = msvc__copy_text(source);

    if (grown != NULL)
        pacts->items = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return CLI_INTERNAL;
    }
    pacts->items[pacts->count++] = (struct cli_pact){ .pact = pact, .source = copy };
    return CLI_OK;
}

void cli_pacts_clear(struct cli_pacts *pacts)
{
    for (size_t i = 0; i < pacts->count; i++) {
        msvc_pact_free(pacts->items[i].pact);
        free(pacts->items[i].source);
    }
    free(pacts->items);
    *pacts = (struct cli_pacts){ .items = NULL };
}

static int take(struct cli_pacts *pacts, struct msvc_pact *pact, const char *source)
{
    int code = cli_pacts_append(pacts, pact, source);

    if (code != CLI_OK)
        msvc_pact_free(pact);
    return code;
}

static int add_file(struct cli_pacts *pacts, const char *path)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    if (msvc_pact_open(&pact, path, &err) < 0)
        return cli_fail(&err, CLI_BAD_PACT);
    return take(pacts, pact, path);
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

/* Bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct cli_pacts *pacts, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_json, by_name);
    struct msvc_error err;
    int worst = CLI_OK;

    if (count < 0) {
        (void)msvc_error_set(&err, MSVC_ERR_UNAVAILABLE, "verify", errno, "%s: %s", folder,
                             strerror(errno));
        return cli_fail(&err, CLI_BAD_PACT);
    }
    for (int i = 0; i < count; i++) {
        struct msvc_buffer path = MSVC_BUFFER_INIT;
        int code;

        msvc_buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
        code = msvc_buffer_status(&path) == 0 ? add_file(pacts, path.data) : CLI_INTERNAL;
        worst = code > worst ? code : worst;
        msvc_buffer_clear(&path);
        free(entries[i]);
    }
    free(entries);
    return worst;
}

static int read_answer(struct msvc_pact **out, const struct msvc_http_answer *answer,
                       const char *url, struct msvc_error *err)
{
    size_t length = 0;
    const char *body = msvc_http_answer_body(answer, &length);
    int code = msvc_http_answer_status(answer);
    int status;

    if (code != 200)
        return msvc_error_set(err, MSVC_ERR_REFUSED, "verify", code,
                              "%s: expected status 200, found %d", url, code);
    status = msvc_pact_parse(out, body, length, err);
    if (status < 0)
        msvc_error_prefix(err, "%s", url);
    return status;
}

static int add_url(struct cli_pacts *pacts, const char *url, struct msvc_http_client *client)
{
    struct msvc_http_answer *answer = NULL;
    struct cli_peer peer = { .transport = NULL };
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    int status = cli_peer_open(&peer, client, url, &err);

    if (status == 0)
        status = msvc_http_call(
            peer.transport,
            MSVC_HTTP_REQUEST(.target = peer.target, .answer_limit = MSVC_PACT_LENGTH_MAX), &answer,
            &err);
    if (status == 0)
        status = read_answer(&pact, answer, url, &err);
    msvc_http_answer_free(answer);
    cli_peer_clear(&peer);
    return status < 0 ? cli_fail(&err, CLI_BAD_PACT) : take(pacts, pact, url);
}

int cli_pacts_add(struct cli_pacts *pacts, const char *source, struct msvc_http_client *client)
{
    struct stat found;

    if (client != NULL &&
        (strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0))
        return add_url(pacts, source, client);
    if (stat(source, &found) == 0 && S_ISDIR(found.st_mode))
        return add_folder(pacts, source);
    return add_file(pacts, source);
}
