/* SPDX-License-Identifier: MIT */
/*
 * The static program has no GnuTLS (Debian has no static p11-kit, which it
 * wants), so that a stub of it listens without TLS only. Calling out by https
 * is libcurl's and OpenSSL's, and works.
 */
#include "http_server/server_internal.h"

#include <msvc/error.h>
#include <msvc/status.h>

int msvc__tls_read(struct tls_files *out, const struct msvc_http_server_options *o,
                   struct msvc_error *err)
{
    (void)out;
    if (o->tls_certificate == NULL && o->tls_key == NULL && o->tls_client_ca == NULL)
        return 0;
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "http", 0,
                          "this program was built without TLS for servers");
}

void msvc__tls_clear(struct tls_files *files)
{
    (void)files;
}

bool msvc__tls_client_is_trusted(struct MHD_Connection *mhd)
{
    (void)mhd;
    return false;
}
