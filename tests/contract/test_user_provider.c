/* SPDX-License-Identifier: MIT */
/*
 * Holds the real user-service, as a process of its own with its own database,
 * to what order-service expects of it: test_user_provider PROGRAM CONTRACT.
 * The state is a row in its table, the token is signed with its key.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/contract.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_client.h>
#include <msvc/jwt.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

#include "test.h"

#define START_MS 20000

static const char *program;
static const char *contract;

struct fixture {
    char folder[64];
    char key_file[128];
    char address_file[128];
    char store_url[128];
    pid_t service;
    struct msvc_jwt_key *key;
    struct msvc_buffer token; /* "Bearer …" of user 123 */
    struct msvc_store *store; /* the service's own */
    struct msvc_http_transport *transport;
    struct msvc_pact *pact;
    struct msvc_contract_report *report;
    struct msvc_error err;
};

static void write_key(struct fixture *f)
{
    struct msvc_buffer pem = MSVC_BUFFER_INIT;
    FILE *file;

    assert_int_equal(msvc_jwt_key_generate(&f->key, MSVC_JWT_ES256, &f->err), 0);
    assert_int_equal(msvc_jwt_key_to_pem(&pem, f->key, &f->err), 0);
    file = fopen(f->key_file, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.length, file), pem.length);
    assert_int_equal(fclose(file), 0);
    msvc_buffer_clear(&pem);
}

static void sign_token(struct fixture *f)
{
    json_int_t now = msvc_clock_wall_ns(NULL) / 1000000000;
    json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "iss", "user-service", "aud",
                               "msvc-reference", "sub", "123", "role", "customer", "iat", now,
                               "exp", now + 600, "jti", "1");

    assert_non_null(claims);
    msvc_buffer_text(&f->token, "Bearer ");
    assert_int_equal(msvc_jwt_sign(&f->token, f->key, claims, &f->err), 0);
    json_decref(claims);
}

static void become_service(const struct fixture *f)
{
    char log[160];
    char bus[160];
    int file;

    (void)snprintf(log, sizeof(log), "%s/log", f->folder);
    (void)snprintf(bus, sizeof(bus), "sqlite:%s/bus.db", f->folder);
    file = open(log, O_WRONLY | O_CREAT, 0600);
    (void)dup2(file, STDOUT_FILENO);
    (void)dup2(file, STDERR_FILENO);
    (void)setenv("USER_HTTP_LISTEN", "127.0.0.1:0", 1);
    (void)setenv("USER_HTTP_ADDRESS_FILE", f->address_file, 1);
    (void)setenv("USER_STORE_URL", f->store_url, 1);
    (void)setenv("USER_BUS_URL", bus, 1);
    (void)setenv("USER_SIGNING_KEY_FILE", f->key_file, 1);
    (void)setenv("USER_PASSWORD_COST", "1", 1);
    (void)setenv("USER_DRAIN_DELAY_MS", "0", 1);
    (void)execl(program, program, (char *)NULL);
    _exit(127);
}

/* Wait for the address: the file is there when it listens. */
static void read_address(const struct fixture *f, char out[128])
{
    uint64_t deadline = msvc_deadline_in(NULL, START_MS);
    FILE *file = NULL;

    out[0] = '\0';
    while (strchr(out, ':') == NULL) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        assert_int_equal(waitpid(f->service, NULL, WNOHANG), 0);
        assert_true(msvc_deadline_left_ms(NULL, deadline, START_MS) > 0);
        file = fopen(f->address_file, "r");
        if (file == NULL)
            continue;
        if (fgets(out, 128, file) == NULL)
            out[0] = '\0';
        (void)fclose(file);
    }
    out[strcspn(out, "\r\n")] = '\0';
}

static void connect_to_it(struct fixture *f)
{
    struct msvc_http_client *client = NULL;
    char address[128];
    char url[160];

    read_address(f, address);
    (void)snprintf(url, sizeof(url), "http://%s", address);
    assert_int_equal(msvc_http_client_new(&client, NULL, &f->err), 0);
    assert_int_equal(msvc_http_client_transport(&f->transport, client, url, &f->err), 0);
    msvc_http_client_free(client);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/msvc-provider-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->key_file, sizeof(f->key_file), "%s/key.pem", f->folder);
    (void)snprintf(f->address_file, sizeof(f->address_file), "%s/address", f->folder);
    (void)snprintf(f->store_url, sizeof(f->store_url), "sqlite:%s/users.db", f->folder);
    write_key(f);
    sign_token(f);
    f->service = fork();
    assert_true(f->service >= 0);
    if (f->service == 0)
        become_service(f);
    connect_to_it(f);
    assert_int_equal(msvc_store_open(&f->store, f->store_url,
                                     MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &f->err),
                     0);
    assert_int_equal(msvc_pact_open(&f->pact, contract, &f->err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    (void)kill(f->service, SIGTERM);
    (void)waitpid(f->service, NULL, 0);
    msvc_contract_report_free(f->report);
    msvc_pact_free(f->pact);
    msvc_store_close(f->store);
    msvc_http_transport_free(f->transport);
    msvc_buffer_clear(&f->token);
    msvc_jwt_key_free(f->key);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static int insert_user(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    (void)user;
    return msvc_tx_exec(tx,
                        "INSERT INTO users (id, email, name, role, password_hash, version,"
                        " created_ms) VALUES ('123', 'bob@example.org', 'Bob', 'customer', '*', 1,"
                        " 0) ON CONFLICT DO NOTHING",
                        NULL, err);
}

static int set_up_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                        void *user, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)values;
    if (strcmp(state->name, "user 123 exists") != 0)
        return MSVC_ERR_NOT_FOUND;
    return msvc_store_transact(f->store, NULL, insert_user, f, err);
}

static const char *real_token(const char *description, const char *name, const char *value,
                              void *user)
{
    const struct fixture *f = user;

    (void)description;
    return strcmp(name, "Authorization") == 0 ? f->token.data : value;
}

static void verify(struct fixture *f, msvc_contract_state_fn *set_up)
{
    assert_int_equal(msvc_contract_verify(
                         &f->report, f->pact, f->transport,
                         MSVC_CONTRACT_OPTIONS(.state = set_up, .user = f, .header = real_token),
                         &f->err),
                     0);
}

static void user_service_keeps_what_order_service_expects(void **state)
{
    struct fixture *f = *state;

    verify(f, set_up_state);
    assert_int_equal(msvc_contract_count(f->report), 1);
    if (msvc_contract_failed_count(f->report) > 0)
        print_message("# %s\n", msvc_contract_mismatch(f->report, 0, 0)->message);
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
}

/* The test can fail: without the state the same service answers 404. */
static void without_the_state_the_contract_is_not_kept(void **state)
{
    struct fixture *f = *state;

    verify(f, NULL);
    assert_int_equal(msvc_contract_failed_count(f->report), 1);
    assert_string_equal(msvc_contract_mismatch(f->report, 0, 0)->part, "status");
    assert_string_equal(msvc_contract_mismatch(f->report, 0, 0)->actual, "404");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(user_service_keeps_what_order_service_expects, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_the_state_the_contract_is_not_kept, setup,
                                        teardown),
    };

    program = argc > 1 ? argv[1] : "user-service";
    contract = argc > 2 ? argv[2] : "order-service-user-service.json";
    return cmocka_run_group_tests_name("user-service keeps its contracts", tests, NULL, NULL);
}
