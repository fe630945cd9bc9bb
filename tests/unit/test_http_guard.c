/* SPDX-License-Identifier: MIT */
/*
 * Bytes that no decent client sends, against the real server. A request whose
 * framing could be read in two ways is refused and its connection closed: what
 * follows it is never taken for another request. The cases that libmicrohttpd
 * hides from us say so, and say what really happens.
 */
#include <msvc/http_server.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_probe.h"
#include "http_routes.h"
#include "test.h"

#define PATIENCE_MS 3000
#define QUIET_MS    150

enum end {
    CLOSED, /* by the server */
    KEPT,   /* open for more */
};

/* A status that libmicrohttpd answers with HTML, before it asks us; ours are problems of RFC 9457.
 */
#define BY_LIBRARY(status) (-(status))

struct probe {
    const char *name;
    const char *bytes;
    size_t length; /* 0: strlen(bytes) */
    int status;    /* of the first answer; negative: the library's */
    int served;    /* answers with 200: a refused request hides no other one */
    enum end end;
};

#define SMUGGLED "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST     "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define GET      "GET /hello HTTP/1.1\r\nHost: a\r\n"

/* A text that has NULs, and its length. */
#define BYTES(text) text, sizeof(text) - 1

static const struct probe probes[] = {
    /* Refused. */
    { "refuses_content_length_with_transfer_encoding",
      POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 0, 400, 0,
      CLOSED },
    { "refuses_two_equal_content_lengths",
      POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_two_different_content_lengths",
      POST "Content-Length: 2\r\nContent-Length: 35\r\n\r\nab" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_blank_before_the_colon", POST "Content-Length : 2\r\n\r\nab" SMUGGLED, 0, 400, 0,
      CLOSED },
    { "refuses_a_content_length_with_a_sign", POST "Content-Length: +2\r\n\r\nab" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_negative_content_length", POST "Content-Length: -1\r\n\r\n" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_list_of_content_lengths", POST "Content-Length: 2, 2\r\n\r\nab" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_content_length_in_hexadecimal", POST "Content-Length: 0x2\r\n\r\nab" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_content_length_beyond_64_bits",
      POST "Content-Length: 99999999999999999999\r\n\r\nab", 0, BY_LIBRARY(413), 0, CLOSED },
    { "refuses_an_unknown_transfer_encoding",
      POST "Transfer-Encoding: xchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_two_transfer_encodings",
      POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" SMUGGLED, 0,
      400, 0, CLOSED },
    { "refuses_transfer_encoding_in_http_1_0",
      "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 0,
      400, 0, CLOSED },
    { "refuses_a_chunk_size_that_is_no_number",
      POST "Transfer-Encoding: chunked\r\n\r\nxy\r\nab\r\n0\r\n\r\n" SMUGGLED, 0, BY_LIBRARY(400),
      0, CLOSED },
    { "refuses_no_host", "GET /hello HTTP/1.1\r\n\r\n" SMUGGLED, 0, BY_LIBRARY(400), 0, CLOSED },
    { "refuses_two_hosts", GET "Host: b\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_host_that_is_none", "GET /hello HTTP/1.1\r\nHost: a/b@c\r\n\r\n" SMUGGLED, 0, 400,
      0, CLOSED },
    { "refuses_a_method_that_is_no_token", "G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 0,
      400, 0, CLOSED },
    { "refuses_a_control_character_in_a_header",
      GET "X-A: b\x01"
          "c\r\n\r\n" SMUGGLED,
      0, 400, 0, CLOSED },
    { "refuses_a_header_name_that_is_no_token", GET "X(A): b\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_an_unknown_version", "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n" SMUGGLED, 0, 505, 0,
      CLOSED },
    { "refuses_an_unknown_expectation", POST "Expect: tea\r\nContent-Length: 2\r\n\r\n", 0, 417, 0,
      CLOSED },
    { "refuses_a_target_with_a_fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", 0, 400, 0,
      KEPT },
    { "refuses_an_absolute_target", "GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n", 0, 400, 0,
      KEPT },
    { "refuses_connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 0, 400, 0, KEPT },

    /* Lines: libmicrohttpd 0.9.75 does not tell, but where it puts them does. */
    { "refuses_bare_line_feeds", "GET /hello HTTP/1.1\nHost: a\n\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_bare_line_feed_behind_the_request_line",
      "GET /hello HTTP/1.1\nHost: a\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_bare_line_feed_between_headers",
      "GET /hello HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_bare_line_feed_behind_the_last_header", GET "X-A: b\n\r\n" SMUGGLED, 0, 400, 0,
      CLOSED },
    { "refuses_a_bare_line_feed_in_front_of_another_request", GET "X-A: b\r\n\n" SMUGGLED, 0, 400,
      0, CLOSED },
    { "refuses_a_bare_carriage_return", GET "X-A: b\rX-B: c\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_folded_header", GET "X-A: b\r\n c\r\n\r\n" SMUGGLED, 0, 400, 0, CLOSED },
    { "refuses_a_folded_header_among_others", GET "X-A: b\r\n\tc\r\nX-B: d\r\n\r\n" SMUGGLED, 0,
      400, 0, CLOSED },
    { "refuses_a_folded_host", "GET /hello HTTP/1.1\r\nHost:\r\n a\r\n\r\n" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_nul_in_the_last_header", BYTES(GET "X-A: b\0c\r\n\r\n" SMUGGLED), 400, 0, CLOSED },
    { "refuses_a_nul_among_headers", BYTES(GET "X-A: b\0c\r\nX-B: d\r\n\r\n" SMUGGLED), 400, 0,
      CLOSED },
    { "refuses_a_nul_in_a_header_name", BYTES(GET "X\0A: b\r\n\r\n" SMUGGLED), BY_LIBRARY(400), 0,
      CLOSED },
    { "refuses_a_nul_in_the_target", BYTES("GET /hello\0x HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED),
      400, 0, CLOSED },
    { "refuses_chunked_twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
      0, 400, 0, CLOSED },
    { "refuses_a_chunk_that_is_longer_than_it_says",
      POST "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n" SMUGGLED, 0, BY_LIBRARY(400),
      0, CLOSED },
    { "refuses_a_version_with_two_digits", "GET /hello HTTP/1.32\r\nHost: a\r\n\r\n" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },
    { "refuses_a_version_of_another_protocol", "GET /hello JTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED, 0,
      BY_LIBRARY(400), 0, CLOSED },

    /* Understood. */
    { "answers_a_chunked_body", POST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 0,
      200, 1, KEPT },
    { "answers_three_requests_in_a_row", SMUGGLED SMUGGLED SMUGGLED, 0, 200, 3, KEPT },
    { "answers_http_1_0_and_closes", "GET /hello HTTP/1.0\r\n\r\n", 0, 200, 1, CLOSED },
    { "closes_when_asked", GET "Connection: close\r\n\r\n" SMUGGLED, 0, 200, 1, CLOSED },

    { "understands_an_empty_last_header", GET "X-A:\r\n\r\n" SMUGGLED, 0, 200, 2, KEPT },
    { "understands_a_blank_behind_a_value", GET "X-A: b \r\n\r\n", 0, 200, 1, KEPT },
    { "understands_extensions_of_chunks",
      POST "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\n\r\n" SMUGGLED, 0, 200, 2, KEPT },

    /* Hidden from us by libmicrohttpd 0.9.75, read in one way and nothing behind it. */
    { "drops_a_nul_at_the_end_of_the_last_header", BYTES(GET "X-A: b\0\r\n\r\n"), 200, 1, KEPT },
    { "takes_a_line_feed_for_the_end_of_a_chunk_line",
      POST "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n" SMUGGLED, 0, 200, 2, KEPT },
};

#define ROWS (sizeof(probes) / sizeof(probes[0]))

static struct msvc_http_router *router;
static struct msvc_http_server *server;

static int setup(void **state)
{
    (void)state;
    assert_int_equal(msvc_http_router_new(&router, NULL), 0);
    assert_int_equal(test_routes_add(router), 0);
    assert_int_equal(msvc_http_server_start(&server, router, NULL, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    msvc_http_server_free(server);
    msvc_http_router_free(router);
    return 0;
}

/* A connection that is kept gives no sign; it is read until it is quiet. */
static void send_probe(struct probe_reply *reply, const struct probe *probe)
{
    int fd = probe_connect(msvc_http_server_address(server));

    assert_true(fd >= 0);
    (void)probe_send(fd, probe->bytes, probe->length > 0 ? probe->length : strlen(probe->bytes));
    probe_read(reply, fd, probe->end == KEPT ? QUIET_MS : PATIENCE_MS);
    (void)close(fd);
}

static void behaves(void **state)
{
    static struct probe_reply reply;
    const struct probe *probe = *state;

    send_probe(&reply, probe);
    if (probe_count(&reply, abs(probe->status)) == 0 || probe_count(&reply, 200) != probe->served ||
        reply.is_closed != (probe->end == CLOSED))
        fail_msg("%d served, %s:\n%s", probe_count(&reply, 200),
                 reply.is_closed ? "closed" : "kept", reply.text);
    if (probe->status != 200 &&
        (strstr(reply.text, "application/problem+json") != NULL) != (probe->status > 0))
        fail_msg("not answered by whom it should be:\n%s", reply.text);
}

int main(void)
{
    struct CMUnitTest tests[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){ .name = probes[i].name,
                                        .test_func = behaves,
                                        .initial_state = (void *)(uintptr_t)&probes[i] };
    return cmocka_run_group_tests_name("http_guard", tests, setup, teardown);
}
