/* SPDX-License-Identifier: MIT */
/* Uses every module of base, and says by its exit status which one gave the wrong answer; for C
 * libraries that the unit tests cannot run on. */
#include <string.h>

#include <msvc/attribute.h>
#include <msvc/buffer.h>
#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/random.h>
#include <msvc/status.h>
#include <msvc/url.h>
#include <msvc/uuid.h>

static bool time_works(void)
{
    char text[MSVC_TIME_SIZE];
    int64_t wall_ns;

    msvc_time_format(text, INT64_C(1767323045000000001));
    return strcmp(text, "2026-01-02T03:04:05.000000001Z") == 0 &&
           msvc_time_parse(&wall_ns, text, strlen(text)) == 0 &&
           wall_ns == INT64_C(1767323045000000001) && msvc_clock_monotonic_ns(NULL) > 0;
}

static bool json_works(void)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    struct msvc_json_writer w;
    int64_t total = 0;

    msvc_json_writer_init(&w, &text);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "id", "a\xff\n");
    msvc_json_member_int(&w, "total", 4200);
    msvc_json_key(&w, "ratio");
    msvc_json_double(&w, 0.1 + 0.2);
    msvc_json_end_object(&w);
    if (msvc_json_writer_status(&w) == 0 &&
        msvc_json_parse(&document, text.data, text.length, NULL, NULL) == 0 &&
        msvc_json_get_int(&total, msvc_json_member(msvc_json_root(document), "total")) < 0)
        total = 0;
    total += strstr(text.data, "0.30000000000000004") != NULL;
    msvc_json_free(document);
    msvc_buffer_clear(&text);
    return total == 4201;
}

static bool url_works(void)
{
    struct msvc_url *url = NULL;
    struct msvc_error err;
    bool works = msvc_url_parse(&url, "kafka://u:p@[::1]:9092,b2/x?acks=all", &err) == 0 &&
                 msvc_url_host_count(url) == 2 && msvc_url_host(url, 0)->port == 9092 &&
                 strcmp(msvc_url_redacted(url), "kafka://u:***@[::1]:9092,b2/x?acks=all") == 0;

    msvc_url_free(url);
    return works;
}

static bool cancel_works(void)
{
    struct msvc_cancel *cancel = NULL;
    bool works;

    if (msvc_cancel_new(&cancel) < 0)
        return false;
    msvc_cancel_request(cancel);
    works = msvc_cancel_is_requested(cancel);
    msvc_cancel_free(cancel);
    return works;
}

static bool uuid_works(void)
{
    char text[MSVC_UUID_SIZE];
    uint8_t bytes[16];

    msvc_uuid_new(text, NULL, NULL);
    return msvc_uuid_parse(bytes, text, strlen(text)) == 0 && msvc_random_below(NULL, 1) == 0;
}

static bool error_works(void)
{
    struct msvc_error err;

    return msvc_error_set(&err, MSVC_ERR_LIMIT, "core", 0, "%s", "a\nb") == MSVC_ERR_LIMIT &&
           strcmp(err.message, "a b") == 0 && strcmp(msvc_status_name(err.status), "LIMIT") == 0 &&
           MSVC_STR("a", "bc").value.string.length == 2;
}

int main(void)
{
    if (!time_works())
        return 1;
    if (!json_works())
        return 2;
    if (!url_works())
        return 3;
    if (!cancel_works())
        return 4;
    if (!uuid_works())
        return 5;
    return error_works() ? 0 : 6;
}
