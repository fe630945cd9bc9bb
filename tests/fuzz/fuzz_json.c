/* SPDX-License-Identifier: MIT */
/* What can be read can be written, and what was written reads back as the same document. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "{\"id\":\"o-1\",\"total\":-4200.50e+3,\"lines\":[{\"sku\":\"a\",\"count\":2},null,true]}",
    "[[[[[[]]]]],{\"a\":{\"b\":{\"c\":[1,2,3]}}}]",
    "\"\\u00e4\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "[0,-0,1e400,18446744073709551615,123456789012345678901234567890,0.1,1E-7]",
    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,"
    "\"l\":12,\"m\":13,\"n\":14,\"o\":15,\"p\":16,\"q\":17,\"r\":18}",
    " { \"a\" : [ true , false , null ] }\r\n\t",
    NULL,
};

static void write_value(struct msvc_json_writer *w, const struct msvc_json *value)
{
    bool is_object = msvc_json_type(value) == MSVC_JSON_OBJECT;
    size_t length = 0;
    const char *text = msvc_json_string(value, &length);
    const char *number = msvc_json_number(value);

    if (text != NULL) {
        msvc_json_text_n(w, text, length);
    } else if (number != NULL) {
        msvc_json_raw(w, number, strlen(number));
    } else if (msvc_json_type(value) == MSVC_JSON_NULL) {
        msvc_json_null(w);
    } else if (!is_object && msvc_json_type(value) != MSVC_JSON_ARRAY) {
        msvc_json_bool(w, msvc_json_type(value) == MSVC_JSON_TRUE);
    } else {
        (is_object ? msvc_json_begin_object : msvc_json_begin_array)(w);
        for (const struct msvc_json *child = msvc_json_first(value); child != NULL;
             child = msvc_json_next(child)) {
            if (is_object)
                msvc_json_key(w, msvc_json_name(child, NULL));
            write_value(w, child);
        }
        (is_object ? msvc_json_end_object : msvc_json_end_array)(w);
    }
}

/* The getters that a walk does not use. */
static void look_up(const struct msvc_json *value)
{
    int64_t number;

    FUZZ_CHECK(msvc_json_get_int(&number, value) <= 0);
    (void)msvc_json_member(value, "a");
    for (const struct msvc_json *child = msvc_json_first(value); child != NULL;
         child = msvc_json_next(child)) {
        const char *name = msvc_json_name(child, NULL);
        size_t length = 0;

        if (name != NULL && msvc_json_name(child, &length) != NULL && strlen(name) == length)
            FUZZ_CHECK(msvc_json_member(value, name) == child);
        look_up(child);
    }
}

static void write_document(struct msvc_buffer *out, const struct msvc_json_document *document)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    write_value(&w, msvc_json_root(document));
    FUZZ_CHECK(msvc_json_writer_status(&w) == 0);
}

/* A name that holds a NUL is cut when it is written, which may make it one that is there already.
 */
static const struct msvc_json_options *lenient(void)
{
    static const struct msvc_json_options options = { .size = sizeof(options),
                                                      .allow_duplicates = true };

    return &options;
}

static void round_trip(const struct msvc_json_document *document)
{
    struct msvc_buffer once = MSVC_BUFFER_INIT;
    struct msvc_buffer twice = MSVC_BUFFER_INIT;
    struct msvc_json_document *again = NULL;

    write_document(&once, document);
    FUZZ_CHECK(msvc_json_parse(&again, once.data, once.length, lenient(), NULL) == 0);
    write_document(&twice, again);
    FUZZ_CHECK(twice.length <= once.length);
    msvc_json_free(again);
    msvc_buffer_clear(&once);
    msvc_buffer_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_json_document *document = NULL;
    struct msvc_error err;

    if (msvc_json_parse(&document, (const char *)data, size, NULL, &err) == 0) {
        look_up(msvc_json_root(document));
        round_trip(document);
        msvc_json_free(document);
        document = NULL;
    } else {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && document == NULL);
    }
    if (msvc_json_parse(&document, (const char *)data, size, lenient(), NULL) == 0)
        look_up(msvc_json_root(document));
    msvc_json_free(document);
    return 0;
}
