/* SPDX-License-Identifier: MIT */
/* A router whose handlers show what they were given, for tests of everything that serves it. */
#ifndef MSVC_TEST_HTTP_ROUTES_H
#define MSVC_TEST_HTTP_ROUTES_H

#include <msvc/http_router.h>

/*
 * GET /hello → "hello"; GET /inline → "inline", on the loop
 * POST /echo → its body, at most 1000 bytes
 * GET /items/{id} → "id=…", GET /items/special → "special", POST /items/{id} → 201
 * GET /files/{path...} → "path=…"
 * GET /query → every value of q, joined with '|'
 * GET /headers → every value of X-Many, joined with '|'
 * POST /json → its JSON again
 * GET /silent → no reply; GET /broken-header → a header with a line break
 * GET /error/{status} → msvc_http_reply_error() with that status
 * GET /stream → "chunk 0\n" … "chunk 99\n"; GET /stream-cut → breaks after three
 * POST /count → streams its body (at most 4 MiB), answers the number of bytes
 */
int test_routes_add(struct msvc_http_router *router);

#endif
