/* SPDX-License-Identifier: MIT */
#ifndef MSVC_HTTP_SERVER_PHRASE_INTERNAL_H
#define MSVC_HTTP_SERVER_PHRASE_INTERNAL_H

/* What RFC 9110 calls a status, "Not Found"; the name of its class for one it does not know.
 * Static.
 */
const char *msvc__http_phrase(int status);

#endif
