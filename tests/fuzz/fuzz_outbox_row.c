/* SPDX-License-Identifier: MIT */
/* Headers that were read from a row are written into a column that reads the same. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/driver/outbox.h>
#include <msvc/error.h>
#include <msvc/header.h>
#include <msvc/message.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "{\"tenant\":\"t1\",\"stage\":\"\"}",
    "{\"try\":2,\"last\":true,\"rate\":1e3}",
    "{\"a\":\"\\u00e4\\n\"}",
    "{}",
    "[\"tenant\"]",
    NULL,
};

static void compare(const struct msvc_header *a, const struct msvc_header *b)
{
    for (; a->name != NULL; a++, b++) {
        FUZZ_CHECK(b->name != NULL && strcmp(a->name, b->name) == 0);
        FUZZ_CHECK(strcmp(a->value, b->value) == 0);
    }
    FUZZ_CHECK(b->name == NULL);
}

static void use(const struct msvc_message *m)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;
    struct msvc_message *again = NULL;

    FUZZ_CHECK(msvc_outbox_headers_write(&json, m->headers) == 0);
    FUZZ_CHECK(msvc_outbox_row_message(&again, m, json.data, NULL) == 0);
    compare(m->headers, again->headers);
    msvc_message_free(again);
    msvc_buffer_clear(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];
    struct msvc_message *m = NULL;
    struct msvc_error err = { .message = "" };
    int status;

    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    status = msvc_outbox_row_message(&m, MSVC_MESSAGE(.type = "a", .id = "1"), text, &err);
    FUZZ_CHECK(status <= 0);
    FUZZ_CHECK((status == 0) == (m != NULL));
    FUZZ_CHECK((status < 0) == (err.message[0] != '\0'));
    if (status == 0)
        use(m);
    msvc_message_free(m);
    return 0;
}
