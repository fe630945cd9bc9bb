/* SPDX-License-Identifier: MIT */
/* "http://host:1/a?b" is a host and a target there. */
#include "contract/cli/peer_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

int cli_peer_open(struct cli_peer *peer, struct msvc_http_client *client, const char *url,
                  struct msvc_error *err)
{
    const char *host = strstr(url, "://");
    size_t length = host != NULL ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?") : 0;
    char *base = msvc__copy_bytes(url, length);
    int status;

    peer->target = msvc__copy_text(url[length] == '/' ? url + length : "/");
    if (base == NULL || peer->target == NULL)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, "verify", 0, "no memory");
    else if (host == NULL)
        status = msvc_error_set(err, MSVC_ERR_INVALID, "verify", 0,
                                "expected http:// or https://, found \"%s\"", url);
    else
        status = msvc_http_client_transport(&peer->transport, client, base, err);
    free(base);
    return status;
}

void cli_peer_clear(struct cli_peer *peer)
{
    msvc_http_transport_free(peer->transport);
    free(peer->target);
    *peer = (struct cli_peer){ .transport = NULL };
}
