/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HTTP_SERVER_BODY_JSON_INTERNAL_H
#define MSVC_HTTP_SERVER_BODY_JSON_INTERNAL_H

#include <msvc/base.h>

/* application/json or application/<anything>+json, in either case, with or without parameters. */
bool msvc__is_json_type(const char *content_type);

/* Whether brackets nest at most 64 deep; says nothing about the rest of the grammar. */
bool msvc__json_is_shallow(const char *text, size_t length);

#endif
