/* SPDX-License-Identifier: MIT */
#include "http_client/client_internal.h"

#include <stdlib.h>

#include "base/alloc_internal.h"

struct msvc__connection *msvc__connection_open(void)
{
    struct msvc__connection *c = msvc__new(sizeof(*c));

    if (c == NULL)
        return NULL;
    c->multi = curl_multi_init();
    if (c->multi == NULL) {
        free(c);
        return NULL;
    }
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)MSVC__ENDPOINTS_MAX);
    return c;
}

void msvc__connection_close(struct msvc__connection *c)
{
    (void)curl_multi_cleanup(c->multi);
    msvc__handles_close(c->idle);
    free(c);
}
