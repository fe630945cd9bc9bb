/* SPDX-License-Identifier: MIT */
/* Peers that are silent, absent or mad, and callers who change their mind or have no memory. */
#include <msvc/http_client.h>

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>

#include "base/alloc_internal.h"
#include "http_client_support.h"

static const struct http_peer_answer silence[] = { { -1, NULL, NULL, 0 }, HTTP_PEER_END };
static const struct http_peer_answer ok[] = { { 200, "A: b\r\n", "hello", 5 }, HTTP_PEER_END };
static const struct msvc_http_client_options once = { .attempts = 1, .timeout_ms = 200 };

static void gives_up_at_the_deadline_when_the_peer_is_silent(void **state)
{
    struct client_fixture f;
    uint64_t began_ms = client_now_ms();

    (void)state;
    client_start(&f, silence, (struct msvc_http_client_options){ .timeout_ms = 200 });
    assert_int_equal(client_get(&f), MSVC_ERR_TIMEOUT);
    assert_in_range(client_now_ms() - began_ms, 190, 2000);
    client_stop(&f);
}

static void takes_the_callers_deadline_before_its_own(void **state)
{
    struct client_fixture f;
    uint64_t began_ms = client_now_ms();

    (void)state;
    client_start(&f, silence, (struct msvc_http_client_options){ .timeout_ms = 60000 });
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a",
                                                       .deadline_ns = msvc_deadline_in(NULL, 100))),
                     MSVC_ERR_TIMEOUT);
    assert_true(client_now_ms() - began_ms < 2000);
    client_stop(&f);
}

static int listener_on(int *port, int backlog)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int connect_to(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)connect(fd, (struct sockaddr *)&address, sizeof(address));
    return fd;
}

/* With its queue full, a listener leaves our SYN unanswered, as a host far away would. */
static void gives_up_connecting_after_the_connect_timeout(void **state)
{
    struct client_fixture f = { .answer = NULL };
    uint64_t began_ms = client_now_ms();
    int filling[4];
    int port;
    int fd = listener_on(&port, 0);

    (void)state;
    for (int i = 0; i < 4; i++)
        filling[i] = connect_to(port);
    client_to_port(&f, port,
                   (struct msvc_http_client_options){ .attempts = 1, .connect_timeout_ms = 200 });
    assert_int_equal(client_post(&f, "{}", NULL), MSVC_ERR_UNAVAILABLE);
    assert_in_range(client_now_ms() - began_ms, 190, 2000);
    client_stop(&f);
    for (int i = 0; i < 4; i++)
        (void)close(filling[i]);
    (void)close(fd);
}

static void answers_unavailable_when_nobody_listens(void **state)
{
    struct client_fixture f = { .answer = NULL };
    int port;
    int fd = listener_on(&port, 1);

    (void)state;
    (void)close(fd);
    client_to_port(&f, port, once);
    assert_int_equal(client_get(&f), MSVC_ERR_UNAVAILABLE);
    assert_non_null(strstr(f.err.message, "127.0.0.1"));
    client_stop(&f);
}

/* A handle that has had an answer still tells whether this request was sent. */
static void answers_unavailable_when_nobody_listens_any_more(void **state)
{
    struct client_fixture f;

    (void)state;
    client_start(&f, ok, once);
    assert_int_equal(client_post(&f, "{}", NULL), 0);
    http_peer_stop(&f.peer);
    f.peer.port = 0;
    assert_int_equal(client_post(&f, "{}", NULL), MSVC_ERR_UNAVAILABLE);
    client_stop(&f);
}

struct cancelling {
    struct client_fixture *f;
    struct msvc_cancel *cancel;
    int requests; /* cancel when the peer has so many */
};

static void *cancel_later(void *user)
{
    struct cancelling *c = user;

    while (http_peer_request_count(&c->f->peer) < c->requests)
        (void)sched_yield();
    msvc_cancel_request(c->cancel);
    return NULL;
}

static void ends_at_once_when_cancelled(void **state)
{
    struct client_fixture f;
    struct cancelling c = { .f = &f, .requests = 1 };
    uint64_t began_ms = client_now_ms();
    pthread_t thread;

    (void)state;
    client_start(&f, silence, (struct msvc_http_client_options){ .timeout_ms = 60000 });
    assert_int_equal(msvc_cancel_new(&c.cancel), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .cancel = c.cancel)),
                     MSVC_ERR_CANCELLED);
    assert_true(client_now_ms() - began_ms < 5000);
    (void)pthread_join(thread, NULL);
    msvc_cancel_free(c.cancel);
    client_stop(&f);
}

static void *get_in_silence(void *user)
{
    struct client_fixture *f = user;
    struct msvc_http_answer *answer = NULL;

    return msvc_http_call(f->transport, MSVC_HTTP_REQUEST(.target = "/b"), &answer, NULL) < 0
               ? NULL
               : answer;
}

/* One call has the only connection, another one waits for it. */
static void call_beside_a_silent_one(int expected, struct msvc_cancel *cancel)
{
    struct client_fixture f;
    uint64_t deadline_ns;
    pthread_t thread;

    client_start(&f, silence,
                 (struct msvc_http_client_options){ .timeout_ms = 1000, .connection_limit = 1 });
    assert_int_equal(pthread_create(&thread, NULL, get_in_silence, &f), 0);
    while (http_peer_request_count(&f.peer) < 1)
        (void)sched_yield();
    deadline_ns = msvc_deadline_in(NULL, cancel != NULL ? 60000 : 50);
    if (cancel != NULL)
        msvc_cancel_request(cancel);
    assert_int_equal(client_call(&f, MSVC_HTTP_REQUEST(.target = "/a", .deadline_ns = deadline_ns,
                                                       .cancel = cancel)),
                     expected);
    (void)pthread_join(thread, NULL);
    assert_int_equal(http_peer_request_count(&f.peer), 1);
    client_stop(&f);
}

static void gives_up_at_the_deadline_when_no_connection_comes_free(void **state)
{
    (void)state;
    call_beside_a_silent_one(MSVC_ERR_UNAVAILABLE, NULL);
}

static void gives_up_waiting_for_a_connection_when_cancelled(void **state)
{
    struct msvc_cancel *cancel = NULL;

    (void)state;
    assert_int_equal(msvc_cancel_new(&cancel), 0);
    call_beside_a_silent_one(MSVC_ERR_CANCELLED, cancel);
    msvc_cancel_free(cancel);
}

/* Says these bytes to the first who comes, and hangs up. */
struct raw_peer {
    int listener;
    const char *bytes;
};

static void *say(void *user)
{
    struct raw_peer *peer = user;
    char request[4096];
    int fd = accept(peer->listener, NULL, NULL);

    if (read(fd, request, sizeof(request)) > 0)
        (void)!write(fd, peer->bytes, strlen(peer->bytes));
    (void)close(fd);
    return NULL;
}

static int status_of_answer(const char *bytes)
{
    struct client_fixture f = { .answer = NULL };
    struct raw_peer peer = { .bytes = bytes };
    pthread_t thread;
    int status;
    int port;

    peer.listener = listener_on(&port, 4);
    assert_int_equal(pthread_create(&thread, NULL, say, &peer), 0);
    client_to_port(&f, port, (struct msvc_http_client_options){ .attempts = 1 });
    status = client_get(&f);
    (void)pthread_join(thread, NULL);
    (void)close(peer.listener);
    client_stop(&f);
    return status;
}

static void answers_malformed_for_what_is_no_http(void **state)
{
    (void)state;
    assert_int_equal(status_of_answer("220 mail.example.com ESMTP\r\n"), MSVC_ERR_MALFORMED);
    assert_int_equal(status_of_answer("HTTP/1.1 abc\r\n\r\n"), MSVC_ERR_MALFORMED);
    assert_int_equal(status_of_answer("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
                     MSVC_ERR_MALFORMED);
}

static void answers_unknown_for_answers_cut_short(void **state)
{
    (void)state;
    assert_int_equal(status_of_answer(""), MSVC_ERR_UNKNOWN);
    assert_int_equal(status_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
                     MSVC_ERR_UNKNOWN);
    assert_int_equal(
        status_of_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"),
        MSVC_ERR_UNKNOWN);
}

static void passes_over_interim_answers(void **state)
{
    (void)state;
    assert_int_equal(status_of_answer("HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
                                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                     0);
}

static void answers_limit_for_endless_headers(void **state)
{
    static char text[64 + 300 * 6];
    size_t length = strlen(strcpy(text, "HTTP/1.1 200 OK\r\n"));

    (void)state;
    for (int i = 0; i < 300; i++, length += 6)
        memcpy(text + length, "A: b\r\n", 6);
    memcpy(text + length, "\r\n", 3);
    assert_int_equal(status_of_answer(text), MSVC_ERR_LIMIT);
}

static int whole_life(void *user)
{
    const struct http_peer *peer = user;
    struct client_fixture f = { .answer = NULL };
    char url[64];
    int status = msvc_http_client_new(&f.client, MSVC_HTTP_CLIENT_OPTIONS(.tls_ca = "/none"), NULL);

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", peer->port);
    if (status == 0)
        status = msvc_http_client_transport(&f.transport, f.client, url, NULL);
    if (status == 0)
        status = client_get(&f);
    client_stop(&f);
    return status;
}

static void survives_every_lost_allocation(void **state)
{
    struct http_peer peer;
    int status = MSVC_ERR_NOMEM;
    long n;

    (void)state;
    assert_int_equal(http_peer_start(&peer, ok), 0);
    for (n = 0; status != 0 && n < 1000; n++) {
        msvc__fail_allocation_after(n);
        status = whole_life(&peer);
        msvc__fail_allocation_after(-1);
        assert_true(status == 0 || status == MSVC_ERR_NOMEM);
    }
    assert_in_range(n, 10, 999);
    http_peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_up_at_the_deadline_when_the_peer_is_silent),
        cmocka_unit_test(takes_the_callers_deadline_before_its_own),
        cmocka_unit_test(gives_up_connecting_after_the_connect_timeout),
        cmocka_unit_test(answers_unavailable_when_nobody_listens),
        cmocka_unit_test(answers_unavailable_when_nobody_listens_any_more),
        cmocka_unit_test(ends_at_once_when_cancelled),
        cmocka_unit_test(gives_up_at_the_deadline_when_no_connection_comes_free),
        cmocka_unit_test(gives_up_waiting_for_a_connection_when_cancelled),
        cmocka_unit_test(answers_malformed_for_what_is_no_http),
        cmocka_unit_test(answers_unknown_for_answers_cut_short),
        cmocka_unit_test(passes_over_interim_answers),
        cmocka_unit_test(answers_limit_for_endless_headers),
        cmocka_unit_test(survives_every_lost_allocation),
    };

    return cmocka_run_group_tests_name("http_client_faults", tests, NULL, NULL);
}
