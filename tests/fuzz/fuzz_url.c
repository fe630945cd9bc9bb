/* SPDX-License-Identifier: MIT */
/* A URL that was read is redacted into one that reads the same, but for its secrets. */
#include <string.h>

#include <msvc/error.h>
#include <msvc/url.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "postgres://orders:s%40cret@127.0.0.1:5432/orders?pool=8&wait",
    "kafka://b1:9092,b2,[2001:db8::1]:9094/orders?acks=all&api_key=x&token=",
    "sqlite:/var/lib/orders/or%20ders.db",
    "http://[fe80::1%25eth0]:80/a/b?c=d&e=f%26",
    "x:?a=1&&b=2&a=18446744073709551615",
    NULL,
};

static void compare(const struct msvc_url *a, const struct msvc_url *b)
{
    FUZZ_CHECK(strcmp(msvc_url_scheme(a), msvc_url_scheme(b)) == 0);
    FUZZ_CHECK(strcmp(msvc_url_path(a), msvc_url_path(b)) == 0);
    FUZZ_CHECK(msvc_url_host_count(a) == msvc_url_host_count(b));
    FUZZ_CHECK(msvc_url_query_count(a) == msvc_url_query_count(b));
    FUZZ_CHECK((msvc_url_password(a) == NULL) == (msvc_url_password(b) == NULL));
    for (size_t i = 0; i < msvc_url_host_count(a); i++)
        FUZZ_CHECK(msvc_url_host(a, i)->port == msvc_url_host(b, i)->port);
    for (size_t i = 0; i < msvc_url_query_count(a); i++)
        FUZZ_CHECK(strcmp(msvc_url_query_at(a, i)->key, msvc_url_query_at(b, i)->key) == 0);
}

static void use(const struct msvc_url *url)
{
    static const char *const known[] = { "pool", "a", NULL };
    struct msvc_url *again = NULL;
    struct msvc_error err;
    uint64_t number;

    FUZZ_CHECK(msvc_url_check_query(url, known, &err) <= 0);
    FUZZ_CHECK(msvc_url_query_number(&number, url, "a", 1, 0, UINT64_MAX, &err) <= 0);
    if (strlen(msvc_url_redacted(url)) > MSVC_URL_MAX)
        return;
    FUZZ_CHECK(msvc_url_parse(&again, msvc_url_redacted(url), &err) == 0);
    compare(url, again);
    msvc_url_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct msvc_url *url = NULL;
    struct msvc_error err;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (msvc_url_parse(&url, text, &err) == 0)
        use(url);
    else
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && url == NULL);
    msvc_url_free(url);
    free(text);
    return 0;
}
