/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>

extern CURL *curl;
extern struct msvc_policy *policy;
extern char body[64];
extern int http_status;
extern size_t collect(char *bytes, size_t size, size_t count, void *user);
