/* SPDX-License-Identifier: MIT */
/* What can be read can be written, and reads back as the same message. */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/message.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"order.created\","
    "\"time\":\"2026-01-02T03:04:05.6Z\",\"datacontenttype\":\"application/json\","
    "\"data\":{\"a\":[1,\"x\\\"}\",null]}}",
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"topic\":\"a.b\","
    "\"partitionkey\":\"k\",\"subject\":\"x\",\"datacontenttype\":\"text/plain\",\"data\":\"hi\"}",
    "{\"data_base64\":\"AAEC/w==\",\"type\":\"t\",\"id\":\"1\",\"source\":\"/\","
    "\"datacontenttype\":\"image/png\",\"specversion\":\"1.0\"}",
    " { \"specversion\" : \"1.0\" , \"id\":\"\\u00e4\", \"source\":\"/\",\"type\":\"t\", "
    "\"ext1\":true,\"ext2\":-5,\"ext3\":\"v\",\"ext4\":null,\"d\\u0061ta\" : 1.50 } ",
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\",\"traceparent\":"
    "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"tracestate\":\"a=b\"}",
    NULL,
};

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same(const struct msvc_message *a, const struct msvc_message *b)
{
    return is_same_text(a->id, b->id) && is_same_text(a->source, b->source) &&
           is_same_text(a->type, b->type) && is_same_text(a->subject, b->subject) &&
           is_same_text(a->key, b->key) && a->time_ns == b->time_ns &&
           is_same_text(msvc_message_topic(a), msvc_message_topic(b)) &&
           a->payload_length == b->payload_length &&
           (a->payload_length == 0 || memcmp(a->payload, b->payload, a->payload_length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;
    struct msvc_message *message;
    struct msvc_message *again;

    if (msvc_message_from_json(&message, (const char *)data, size, NULL) < 0)
        return 0;
    if (msvc_message_to_json(&json, message) < 0 ||
        msvc_message_from_json(&again, json.data, json.length, NULL) < 0 ||
        !is_same(message, again))
        abort();
    msvc_message_free(again);
    msvc_message_free(message);
    msvc_buffer_clear(&json);
    return 0;
}
