/* SPDX-License-Identifier: MIT */
/*
 * A blocking call drives libcurl's multi handle by itself, so that a cancel
 * token ends the wait at once.
 */
#include "http_client/client_internal.h"

#include <stdlib.h>

#include <msvc/cancel.h>

#include "base/alloc_internal.h"

#define POLL_MOST_MS 1000

struct msvc__connection *msvc__connection_open(const struct msvc_http_client_options *options)
{
    struct msvc__connection *c = msvc__new(sizeof(*c));

    if (c == NULL)
        return NULL;
    c->multi = curl_multi_init();
    c->handle = msvc__handle_open(options);
    if (c->multi != NULL && c->handle != NULL)
        return c;
    msvc__connection_close(c);
    return NULL;
}

void msvc__connection_close(struct msvc__connection *c)
{
    msvc__handle_close(c->handle);
    if (c->multi != NULL)
        (void)curl_multi_cleanup(c->multi);
    free(c);
}

static CURLcode result(struct msvc__connection *c)
{
    int queued;
    CURLMsg *message = curl_multi_info_read(c->multi, &queued);

    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result
                                                           : CURLE_OUT_OF_MEMORY;
}

static CURLcode drive(struct msvc__connection *c, struct msvc_cancel *cancel)
{
    struct curl_waitfd asked = { .fd = msvc_cancel_fd(cancel), .events = CURL_WAIT_POLLIN };
    unsigned extra = cancel != NULL ? 1 : 0;
    int running = 1;

    while (curl_multi_perform(c->multi, &running) == CURLM_OK && running > 0) {
        if (curl_multi_poll(c->multi, &asked, extra, POLL_MOST_MS, NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        if (msvc_cancel_is_requested(cancel))
            return CURLE_ABORTED_BY_CALLBACK;
    }
    return result(c);
}

CURLcode msvc__connection_run(struct msvc__connection *c, struct msvc_cancel *cancel)
{
    CURLcode code;

    if (curl_multi_add_handle(c->multi, c->handle->easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    code = drive(c, cancel);
    (void)curl_multi_remove_handle(c->multi, c->handle->easy);
    return code;
}
