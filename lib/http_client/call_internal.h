/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HTTP_CLIENT_CALL_INTERNAL_H
#define MSVC_HTTP_CLIENT_CALL_INTERNAL_H

#include "http_client/client_internal.h"

/* The transport's call(). */
int msvc__peer_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err);

#endif
