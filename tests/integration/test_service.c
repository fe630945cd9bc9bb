/* SPDX-License-Identifier: MIT */
/* The chassis from outside: a program with its configuration, its signals and its end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/bus.h>
#include <msvc/bus/sqlite.h>
#include <msvc/error.h>
#include <msvc/http_client.h>
#include <msvc/message.h>
#include <msvc/status.h>
#include <msvc/trace_context.h>

#include "test.h"

#define VARIABLES 24
#define PATIENCE  4000 /* times 5 ms */

struct fixture {
    char folder[32];
    char variables[VARIABLES][160];
    int variable_count;
    pid_t child; /* 0: none */
    struct msvc_http_client *client;
    struct msvc_http_transport *transport; /* to the child */
    char output[16384];                    /* of the last child that ended */
};

/* Replaces what the variable was before. */
static void set(struct fixture *f, const char *name, const char *value)
{
    size_t length = strlen(name);
    int at = 0;

    while (at < f->variable_count &&
           (strncmp(f->variables[at], name, length) != 0 || f->variables[at][length] != '='))
        at++;
    assert_true(at < VARIABLES);
    f->variable_count += at == f->variable_count;
    (void)snprintf(f->variables[at], sizeof(f->variables[0]), "%s=%s", name, value);
}

/* A variable that names something in the fixture's folder. */
static void set_path(struct fixture *f, const char *name, const char *scheme, const char *file)
{
    char value[96];

    (void)snprintf(value, sizeof(value), "%s%s/%s", scheme, f->folder, file);
    set(f, name, value);
}

static const char *path(const struct fixture *f, const char *file)
{
    static char text[64];

    (void)snprintf(text, sizeof(text), "%s/%s", f->folder, file);
    return text;
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    *f = (struct fixture){ .folder = "/tmp/msvc-service-XXXXXX" };
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(
        msvc_http_client_new(&f->client,
                             MSVC_HTTP_CLIENT_OPTIONS(.attempts = 1, .has_no_breaker = true), NULL),
        0);
    set(f, "HTTP_LISTEN", "127.0.0.1:0");
    set(f, "DRAIN_DELAY_MS", "0");
    set_path(f, "COUNTER_HTTP_ADDRESS_FILE", "", "address");
    set_path(f, "COUNTER_STORE_URL", "sqlite:", "db");
    set_path(f, "COUNTER_BUS_URL", "sqlite:", "bus");
    set_path(f, "COUNTER_GATE", "", "gate");
    *state = f;
    return 0;
}

/* In the child. */
static void run_program(struct fixture *f, char *argument)
{
    char *const arguments[] = { (char[]){ SERVICE_PROGRAM }, argument, NULL };
    char *variables[VARIABLES + 1];
    int out = open(path(f, "output"), O_CREAT | O_TRUNC | O_WRONLY, 0600);

    for (int i = 0; i < f->variable_count; i++)
        variables[i] = f->variables[i];
    variables[f->variable_count] = NULL;
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execve(SERVICE_PROGRAM, arguments, variables);
    _exit(126);
}

static void launch(struct fixture *f, char *argument)
{
    (void)unlink(path(f, "address"));
    f->child = fork();
    if (f->child == 0)
        run_program(f, argument);
    assert_true(f->child > 0);
}

static void read_output(struct fixture *f)
{
    FILE *file = fopen(path(f, "output"), "r");
    size_t length = file != NULL ? fread(f->output, 1, sizeof(f->output) - 1, file) : 0;

    f->output[length] = '\0';
    if (file != NULL)
        (void)fclose(file);
}

/* The child's exit code, or minus the signal that ended it. */
static int wait_for_end(struct fixture *f)
{
    int status;

    assert_int_equal(waitpid(f->child, &status, 0), f->child);
    f->child = 0;
    read_output(f);
    msvc_http_transport_free(f->transport);
    f->transport = NULL;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_to_end(struct fixture *f, char *argument)
{
    launch(f, argument);
    return wait_for_end(f);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[64];

    if (f->child > 0) {
        (void)kill(f->child, SIGKILL);
        (void)wait_for_end(f);
    }
    msvc_http_client_free(f->client);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->folder);
    return system(command);
}

/* Call until the condition holds; what is waited for comes or the test fails. */
static void await(struct fixture *f, bool (*holds)(struct fixture *f, const char *text),
                  const char *text)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (holds(f, text))
            return;
        (void)poll(NULL, 0, 5);
    }
    read_output(f);
    fail_msg("\"%s\" did not come; the program said: %s", text, f->output);
}

static bool has_address(struct fixture *f, const char *text)
{
    char url[128] = "http://";
    FILE *file = fopen(path(f, "address"), "r");

    (void)text;
    if (file == NULL)
        return false;
    assert_non_null(fgets(url + 7, sizeof(url) - 7, file));
    (void)fclose(file);
    url[strcspn(url, "\n")] = '\0';
    return msvc_http_client_transport(&f->transport, f->client, url, NULL) == 0;
}

/* The answer's status, or what the call said; its body if out is given. */
static int get(struct fixture *f, const char *target, char out[256])
{
    struct msvc_http_answer *answer = NULL;
    int status = msvc_http_call(f->transport, MSVC_HTTP_REQUEST(.target = target), &answer, NULL);

    if (status == 0)
        status = msvc_http_answer_status(answer);
    if (out != NULL && answer != NULL)
        (void)snprintf(out, 256, "%s", msvc_http_answer_body(answer, NULL));
    msvc_http_answer_free(answer);
    return status;
}

static bool is_ready(struct fixture *f, const char *text)
{
    (void)text;
    return get(f, "/readyz", NULL) == 200;
}

static bool is_unready(struct fixture *f, const char *text)
{
    (void)text;
    return get(f, "/readyz", NULL) == 503;
}

static bool counts_are(struct fixture *f, const char *text)
{
    char body[256] = "";

    return get(f, "/counts", body) == 200 && strcmp(body, text) == 0;
}

static void start(struct fixture *f)
{
    launch(f, NULL);
    await(f, has_address, "an address");
    await(f, is_ready, "ready");
}

static void tells_its_health_in_the_shape_that_was_chosen(void **state)
{
    struct fixture *f = *state;
    char body[256] = "";

    set(f, "COUNTER_HEALTH_SHAPE", "microprofile");
    start(f);
    assert_int_equal(get(f, "/health/ready", body), 200);
    assert_non_null(strstr(body, "{\"checks\":[{\"name\":\"ready\",\"status\":\"UP\"}"));
}

static void says_what_it_can_be_told(void **state)
{
    static const char *const names[] = {
        "COUNTER_HTTP_LISTEN",
        "COUNTER_HTTP_ADDRESS_FILE",
        "COUNTER_HTTP_WORKERS",
        "COUNTER_HTTP_TLS_KEY",
        "COUNTER_HTTP_TLS_CERTIFICATE",
        "COUNTER_HTTP_TLS_CLIENT_CA",
        "COUNTER_HTTP_CONNECTIONS",
        "COUNTER_HTTP_CONNECTIONS_PER_IP",
        "COUNTER_HEALTH_SHAPE",
        "COUNTER_LOG_LEVEL",
        "COUNTER_TRACE_FILE",
        "COUNTER_DRAIN_DELAY_MS",
        "COUNTER_DRAIN_TIMEOUT_MS",
        "COUNTER_START_TIMEOUT_MS",
        "COUNTER_STORE_URL",
        "COUNTER_STORE_CONNECTIONS",
        "COUNTER_STORE_MIGRATE",
        "COUNTER_BUS_URL",
        "COUNTER_OUTBOX_LEASE_MS",
        "COUNTER_INBOX_KEEP_HOURS",
        "COUNTER_CONSUMERS",
        "COUNTER_GATE",
        "counter-service: counts orders",
        NULL,
    };
    struct fixture *f = *state;

    assert_int_equal(run_to_end(f, (char[]){ "--help" }), 0);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strstr(f->output, names[i]) == NULL)
            fail_msg("--help does not tell %s", names[i]);
    }
}

static void says_its_versions(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run_to_end(f, (char[]){ "--version" }), 0);
    assert_non_null(strstr(f->output, "counter-service 1.2.3\n"));
    assert_non_null(strstr(f->output, "libmsvc " MSVC_VERSION "\n"));
}

static void refuses_arguments_it_does_not_know(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run_to_end(f, (char[]){ "--daemon" }), 2);
    assert_non_null(strstr(f->output, "--daemon"));
}

static void accepts_a_good_configuration(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run_to_end(f, (char[]){ "--check-config" }), 0);
}

static void reports_every_mistake_at_once(void **state)
{
    struct fixture *f = *state;

    f->variable_count = 0;
    set(f, "COUNTER_HTTP_WORKERS", "many");
    set(f, "LOG_LEVEL", "LOUD");
    set(f, "COUNTER_HEALTH_SHAPE", "round");
    set(f, "COUNTER_CONSUMERS", "33");
    assert_int_equal(run_to_end(f, (char[]){ "--check-config" }), 2);
    assert_non_null(strstr(f->output, "COUNTER_HTTP_WORKERS"));
    assert_non_null(strstr(f->output, "LOUD"));
    assert_non_null(strstr(f->output, "COUNTER_HEALTH_SHAPE is \"round\""));
    assert_non_null(strstr(f->output, "COUNTER_CONSUMERS"));
    assert_non_null(strstr(f->output, "COUNTER_STORE_URL"));
    assert_non_null(strstr(f->output, "COUNTER_BUS_URL"));
    assert_non_null(strstr(f->output, "COUNTER_GATE"));
    assert_int_equal(run_to_end(f, NULL), 2);
}

static void drains_when_told_to_stop(void **state)
{
    struct fixture *f = *state;

    start(f);
    assert_int_equal(kill(f->child, SIGTERM), 0);
    assert_int_equal(wait_for_end(f), 0);
}

static void *get_slowly(void *user)
{
    static char body[256];

    return get(user, "/slow", body) == 200 ? body : NULL;
}

static void finishes_a_request_in_flight_while_it_drains(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *body;
    int gate;

    set(f, "COUNTER_DRAIN_DELAY_MS", "400");
    start(f);
    assert_int_equal(pthread_create(&thread, NULL, get_slowly, f), 0);
    (void)poll(NULL, 0, 50); /* most likely it is there by now; if not, it comes during the delay */
    assert_int_equal(kill(f->child, SIGTERM), 0);
    await(f, is_unready, "not ready");
    gate = open(path(f, "gate"), O_CREAT | O_WRONLY, 0600);
    (void)close(gate);
    (void)pthread_join(thread, &body);
    assert_non_null(body);
    assert_string_equal(body, "done");
    assert_int_equal(wait_for_end(f), 0);
}

static void is_killed_by_a_second_signal(void **state)
{
    struct fixture *f = *state;

    set(f, "COUNTER_DRAIN_DELAY_MS", "60000");
    start(f);
    assert_int_equal(kill(f->child, SIGTERM), 0);
    await(f, is_unready, "not ready");
    assert_int_equal(kill(f->child, SIGTERM), 0);
    assert_int_equal(wait_for_end(f), -SIGTERM);
}

static int notify_socket(struct fixture *f)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path(f, "notify"));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

static void tells_systemd_when_it_is_ready_and_when_it_stops(void **state)
{
    struct fixture *f = *state;
    int fd = notify_socket(f);
    char text[64] = "";

    set_path(f, "NOTIFY_SOCKET", "", "notify");
    launch(f, NULL);
    assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), 7);
    assert_string_equal(text, "READY=1");
    await(f, has_address, "an address");
    assert_int_equal(kill(f->child, SIGTERM), 0);
    assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), 10);
    assert_string_equal(text, "STOPPING=1");
    assert_int_equal(wait_for_end(f), 0);
    (void)close(fd);
}

static void publish_order(struct fixture *f, const char *id)
{
    struct msvc_bus *bus;
    struct msvc_error err;
    char url[80];

    (void)snprintf(url, sizeof(url), "sqlite:%s", path(f, "bus"));
    assert_int_equal(msvc_bus_open(&bus, url, MSVC_BUS_DRIVERS(msvc_bus_sqlite()),
                                   MSVC_BUS_OPTIONS(.source = "test"), &err),
                     0);
    assert_int_equal(msvc_bus_publish_wait(bus,
                                           MSVC_MESSAGE(.id = id, .type = "order.created",
                                                        .topic = "orders", .key = "k"),
                                           10000, &err),
                     0);
    msvc_bus_close(bus);
}

static void handles_a_message_once_and_publishes_what_its_handler_says(void **state)
{
    struct fixture *f = *state;

    start(f);
    publish_order(f, "order-1");
    publish_order(f, "order-1");
    publish_order(f, "order-2"); /* behind the duplicate: one key */
    await(f, counts_are, "2 created, 2 counted");
    assert_int_equal(kill(f->child, SIGTERM), 0);
    assert_int_equal(wait_for_end(f), 0);
}

static void goes_on_after_a_restart_where_it_was(void **state)
{
    struct fixture *f = *state;

    start(f);
    publish_order(f, "order-1");
    await(f, counts_are, "1 created, 1 counted");
    assert_int_equal(kill(f->child, SIGKILL), 0);
    assert_int_equal(wait_for_end(f), -SIGKILL);
    publish_order(f, "order-2");
    start(f);
    await(f, counts_are, "2 created, 2 counted");
}

static void reports_a_database_that_does_not_come(void **state)
{
    struct fixture *f = *state;

    set_path(f, "COUNTER_STORE_URL", "sqlite:", "later/db");
    set(f, "COUNTER_START_TIMEOUT_MS", "600");
    assert_int_equal(run_to_end(f, NULL), 1);
    assert_non_null(strstr(f->output, "counter-service: "));
    assert_non_null(strstr(f->output, "waiting for the database"));
}

static void waits_for_its_database(void **state)
{
    struct fixture *f = *state;

    set_path(f, "COUNTER_STORE_URL", "sqlite:", "later/db");
    launch(f, NULL);
    (void)poll(NULL, 0, 300);
    assert_int_equal(mkdir(path(f, "later"), 0700), 0);
    await(f, has_address, "an address");
    await(f, is_ready, "ready");
}

/* The front may be ready before the counter. */
static bool is_through(struct fixture *f, const char *text)
{
    (void)text;
    return get(f, "/through", NULL) == 200;
}

static void carries_the_trace_into_a_service_of_the_same_process(void **state)
{
    static const char parent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    struct fixture *f = *state;
    struct msvc_http_answer *answer = NULL;
    struct msvc_trace_context context;
    const char *seen;

    set(f, "WITH_FRONT", "1");
    set(f, "FRONT_COUNTER_URL", "inproc:counter-service");
    set_path(f, "FRONT_HTTP_ADDRESS_FILE", "", "address");
    set_path(f, "COUNTER_HTTP_ADDRESS_FILE", "", "other");
    start(f);
    await(f, is_through, "the other service");
    assert_int_equal(msvc_trace_context_parse(&context, parent, NULL), 0);
    assert_int_equal(msvc_http_call(f->transport,
                                    MSVC_HTTP_REQUEST(.target = "/through", .parent = &context),
                                    &answer, NULL),
                     0);
    assert_int_equal(msvc_http_answer_status(answer), 200);
    seen = msvc_http_answer_body(answer, NULL);
    assert_memory_equal(seen, parent, 36); /* the same trace, another span */
    assert_string_not_equal(seen, parent);
    msvc_http_answer_free(answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_its_health_in_the_shape_that_was_chosen),
        TEST(says_what_it_can_be_told),
        TEST(says_its_versions),
        TEST(refuses_arguments_it_does_not_know),
        TEST(accepts_a_good_configuration),
        TEST(reports_every_mistake_at_once),
        TEST(drains_when_told_to_stop),
        TEST(finishes_a_request_in_flight_while_it_drains),
        TEST(is_killed_by_a_second_signal),
        TEST(tells_systemd_when_it_is_ready_and_when_it_stops),
        TEST(handles_a_message_once_and_publishes_what_its_handler_says),
        TEST(goes_on_after_a_restart_where_it_was),
        TEST(reports_a_database_that_does_not_come),
        TEST(waits_for_its_database),
        TEST(carries_the_trace_into_a_service_of_the_same_process),
    };

    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
