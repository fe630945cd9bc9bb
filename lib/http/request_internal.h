/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HTTP_REQUEST_INTERNAL_H
#define MSVC_HTTP_REQUEST_INTERNAL_H

#include <msvc/http.h>

/*
 * Copy a request with its defaults filled in, if a transport can write it to
 * the wire as it is. Returns 0, INVALID or UNSUPPORTED, with err set.
 */
MSVC_API MSVC_MUST_USE int msvc__http_request_take(struct msvc_http_request_options *out,
                                                   const struct msvc_http_request_options *request,
                                                   struct msvc_error *err);

#endif
