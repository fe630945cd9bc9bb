/* SPDX-License-Identifier: MIT */
/* What notification-service sends: e-mails over SMTP or into a folder, SMS through a webhook. */
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "fake_service.h"
#include "test.h"

extern const struct msvc_service_definition user_service;
extern const struct msvc_service_definition notification_service;

#define PATIENCE 2000 /* times 10 ms */

/* The gateway behind the webhook: remembers the last request. */
struct gateway {
    char key[128];
    char body[1024];
    int calls;
    int failures; /* so many calls are answered with 503 first */
};

static struct gateway gateway;

static void take_sms(struct msvc_http_exchange *exchange, void *user)
{
    const char *key = msvc_http_header(exchange, "Idempotency-Key", 0);

    (void)user;
    (void)snprintf(gateway.key, sizeof(gateway.key), "%s", key != NULL ? key : "");
    (void)snprintf(gateway.body, sizeof(gateway.body), "%s", msvc_http_body(exchange, NULL));
    gateway.calls++;
    msvc_http_reply(exchange, gateway.calls > gateway.failures ? 204 : 503, NULL, NULL, 0);
}

static int start_gateway(struct msvc_service *service, void **state, struct msvc_error *err)
{
    (void)err;
    *state = &gateway;
    return msvc_http_route(msvc_service_router(service), "POST", "/", take_sms, NULL, NULL);
}

static const struct msvc_migration *no_migrations(const char *dialect)
{
    static const struct msvc_migration none[] = { { NULL, NULL } };

    (void)dialect;
    return none;
}

static const struct msvc_setting no_settings[] = { { .name = NULL } };

static void stop_gateway(void *state)
{
    (void)state;
}

static const struct msvc_service_definition gateway_definition = {
    .size = sizeof(gateway_definition),
    .name = "gateway",
    .prefix = "GATEWAY_",
    .settings = no_settings,
    .migrations = no_migrations,
    .start = start_gateway,
    .stop = stop_gateway,
};

struct fixture {
    char folder[40];
    struct msvc_service *users;
    struct msvc_service *gateway;
    struct msvc_service *notifications;
};

/* smtp: the server's URL, "" for the folder. webhook: "" for none. */
static void start(struct fixture *f, const char *smtp, const char *webhook)
{
    char spool[64];
    char smtp_url[128];
    char sms[128];
    char *const environment[] = { (char[]){ "USER_SERVICE_URL=inproc:user-service" },
                                  (char[]){ "USER_PASSWORD_COST=1" },
                                  spool,
                                  smtp_url,
                                  sms,
                                  NULL };

    gateway = (struct gateway){ .calls = 0 };
    *f = (struct fixture){ .folder = "/tmp/msvc-notification-XXXXXX" };
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(spool, sizeof(spool), "SPOOL_DIR=%s/spool", f->folder);
    (void)snprintf(smtp_url, sizeof(smtp_url), "SMTP_URL=%s", smtp);
    (void)snprintf(sms, sizeof(sms), "SMS_WEBHOOK=%s", webhook);
    f->users = fake_service_start(&user_service, f->folder, environment);
    f->gateway = fake_service_start(&gateway_definition, f->folder, environment);
    f->notifications = fake_service_start(&notification_service, f->folder, environment);
}

static void stop(struct fixture *f)
{
    char command[64];

    fake_service_stop(f->notifications);
    fake_service_stop(f->gateway);
    fake_service_stop(f->users);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->folder);
    assert_int_equal(system(command), 0);
}

/* user-service says that a customer is new. */
static void register_user(struct fixture *f, const char *name)
{
    char payload[256];

    (void)snprintf(payload, sizeof(payload),
                   "{\"userId\":\"u1\",\"email\":\"ann@example.com\",\"name\":\"%s\"}", name);
    assert_int_equal(
        fake_service_deliver(f->notifications,
                             MSVC_MESSAGE(.id = "m1", .source = "user-service",
                                          .type = "user.registered", .topic = "users", .key = "u1",
                                          .payload = payload, .payload_length = strlen(payload))),
        0);
}

static int64_t count(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t value;

    assert_int_equal(msvc_tx_begin(&tx, msvc_service_store(f->notifications), NULL, NULL), 0);
    assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, NULL), 0);
    assert_true(msvc_rows_next(rows));
    value = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return value;
}

static void await_sent(struct fixture *f, int64_t expected)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (count(f, "SELECT COUNT(*) FROM notifications WHERE state = 'sent'") == expected)
            return;
        (void)poll(NULL, 0, 10);
    }
    fail_msg("not sent");
}

/* The text of a file, cut. */
static const char *read_file(const char *path)
{
    static char text[8192];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text != NULL ? text : "");
}

/* The only e-mail in the spool folder. */
static const char *read_spool(const struct fixture *f)
{
    char path[400] = "";
    struct dirent *entry;
    DIR *folder;

    (void)snprintf(path, sizeof(path), "%s/spool", f->folder);
    folder = opendir(path);
    assert_non_null(folder);
    path[0] = '\0';
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        assert_string_equal(path, "");
        (void)snprintf(path, sizeof(path), "%s/spool/%s", f->folder, entry->d_name);
    }
    (void)closedir(folder);
    return read_file(path);
}

static void leaves_an_email_in_the_folder(void **state)
{
    struct fixture f;
    const char *text;

    (void)state;
    start(&f, "", "");
    register_user(&f, "Ann");
    await_sent(&f, 1);
    text = read_spool(&f);
    assert_has(text, "\r\nFrom: <shop@example.com>\r\n");
    assert_has(text, "\r\nTo: =?UTF-8?Q?Ann?= <ann@example.com>\r\n");
    assert_has(text, "\r\nSubject: =?UTF-8?Q?Welcome?=\r\n");
    assert_has(text, "\r\n\r\nHello Ann,\r\n\r\nyour account is ready.\r\n");
    stop(&f);
}

static void lets_no_name_end_a_header_line(void **state)
{
    struct fixture f;
    const char *text;

    (void)state;
    start(&f, "", "");
    register_user(&f, "Ann\\r\\nBcc: eve@example.com");
    await_sent(&f, 1);
    text = read_spool(&f);
    assert_has(text, "To: =?UTF-8?Q?Ann=0D=0ABcc=3A=20eve=40example=2Ecom?= <ann@example.com>\r\n");
    assert_true(strstr(text, "\nBcc:") == NULL ||
                strstr(text, "\nBcc:") > strstr(text, "\r\n\r\n"));
    stop(&f);
}

static void hands_an_email_to_the_server(void **state)
{
    struct fixture f;
    const char *text;

    (void)state;
    start(&f, getenv("SMTP_TEST_URL"), "");
    register_user(&f, "Ann");
    await_sent(&f, 1);
    text = read_file(getenv("SMTP_TEST_MAIL"));
    assert_has(text, "MAIL FROM shop@example.com TO ann@example.com\r\n");
    assert_has(text, "\r\nSubject: =?UTF-8?Q?Welcome?=\r\n");
    assert_has(text, "\r\n\r\nHello Ann,\r\n\r\nyour account is ready.\r\n");
    stop(&f);
}

static void tries_again_while_the_server_is_away(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "smtp://127.0.0.1:1", "");
    register_user(&f, "Ann");
    for (int i = 0; i < PATIENCE && count(&f, "SELECT MAX(attempts) FROM notifications") < 2; i++)
        (void)poll(NULL, 0, 10);
    assert_true(count(&f, "SELECT MAX(attempts) FROM notifications") >= 2);
    assert_int_equal(count(&f, "SELECT COUNT(*) FROM notifications WHERE state = 'pending'"
                               " AND last_error LIKE 'SMTP: %'"),
                     1);
    stop(&f);
}

static void posts_an_sms_under_its_id(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "", "inproc:gateway");
    register_user(&f, "Ann");
    await_sent(&f, 2);
    assert_int_equal(gateway.calls, 1);
    assert_has(gateway.body, "\"channel\":\"sms\"");
    assert_has(gateway.body, gateway.key);
    assert_int_equal(strlen(gateway.key), 36);
    stop(&f);
}

static void posts_an_sms_again_until_it_is_taken(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "", "inproc:gateway");
    gateway.failures = 1;
    register_user(&f, "Ann");
    await_sent(&f, 2);
    assert_int_equal(gateway.calls, 2);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_an_email_in_the_folder),
        cmocka_unit_test(lets_no_name_end_a_header_line),
        cmocka_unit_test(hands_an_email_to_the_server),
        cmocka_unit_test(tries_again_while_the_server_is_away),
        cmocka_unit_test(posts_an_sms_under_its_id),
        cmocka_unit_test(posts_an_sms_again_until_it_is_taken),
    };

    return cmocka_run_group_tests_name("notification", tests, NULL, NULL);
}
