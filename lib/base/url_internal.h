/* SPDX-License-Identifier: MIT */
/* What the parser of URLs and the readers of their queries share. */
#ifndef MSVC_BASE_URL_INTERNAL_H
#define MSVC_BASE_URL_INTERNAL_H

#include <msvc/url.h>

/* What stands in place of a secret. */
#define MSVC__URL_HIDDEN "***"

struct msvc_url {
    const char *scheme;
    const char *user;
    const char *password;
    const char *path;
    const char *redacted;
    struct msvc_url_host *hosts;
    size_t host_count;
    struct msvc_url_pair *pairs;
    size_t pair_count;
};

/* Whether the name ends like that of a secret: "password", "sslpassword", "api_key". */
bool msvc__url_is_secret(const char *name);

#endif
