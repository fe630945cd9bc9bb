/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd asks for a client certificate when it knows an authority, but
 * takes connections without one; whether it is there and trusted is looked at
 * here, before the first request of a connection is served.
 */
#include "http_server/server_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#define FILE_MAX ((size_t)1 << 20)

static int read_file(char **out, const char *path, struct msvc_error *err)
{
    struct msvc_buffer text = { .limit = FILE_MAX };
    FILE *file = fopen(path, "re");
    char piece[4096];
    size_t got;
    int status;

    if (file == NULL)
        return msvc_error_set(err, MSVC_ERR_AUTH, "http", errno, "%s: not readable", path);
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
        msvc_buffer_bytes(&text, piece, got);
    (void)fclose(file);
    msvc_buffer_byte(&text, '\n');
    status = msvc_buffer_status(&text);
    if (status == 0)
        *out = msvc_buffer_steal(&text);
    msvc_buffer_clear(&text);
    if (status == MSVC_ERR_LIMIT)
        return msvc_error_set(err, MSVC_ERR_AUTH, "http", 0, "%s: longer than 1 MiB", path);
    return status;
}

int msvc__tls_read(struct tls_files *out, const struct msvc_http_server_options *o,
                   struct msvc_error *err)
{
    int status = 0;

    if (o->tls_certificate == NULL && o->tls_key == NULL && o->tls_client_ca == NULL)
        return 0;
    if (o->tls_certificate == NULL || o->tls_key == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "TLS needs both tls_certificate and tls_key");
    status = read_file(&out->certificate, o->tls_certificate, err);
    if (status == 0)
        status = read_file(&out->key, o->tls_key, err);
    if (status == 0 && o->tls_client_ca != NULL)
        status = read_file(&out->client_ca, o->tls_client_ca, err);
    return status;
}

void msvc__tls_clear(struct tls_files *files)
{
    free(files->certificate);
    if (files->key != NULL)
        gnutls_memset(files->key, 0, strlen(files->key));
    free(files->key);
    free(files->client_ca);
}

bool msvc__tls_client_is_trusted(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned problems = 1;

    return info != NULL &&
           gnutls_certificate_verify_peers2((gnutls_session_t)info->tls_session, &problems) ==
               GNUTLS_E_SUCCESS &&
           problems == 0;
}
