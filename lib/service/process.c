/* SPDX-License-Identifier: MIT */
/*
 * The one place of the library that owns signals and prints. A signal makes a
 * descriptor readable and hands the next one to the system's default, so that
 * a second signal ends the process whatever it is doing.
 */
#include "service/service_internal.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/file_internal.h"

enum exit_code {
    EXIT_DRAINED = 0,
    EXIT_FAILED = 1,
    EXIT_MISUSED = 2,
};

/* A signal handler can be told nothing; set before it is installed, cleared after it is gone. */
static struct msvc_cancel *stop_request;

static void on_signal(int number)
{
    (void)number;
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    msvc_cancel_request(stop_request);
}

static void print(int fd, const struct msvc_buffer *text)
{
    if (text->length > 0)
        (void)msvc__write_all(fd, text->data, text->length);
}

static int print_help(const char *program, const struct msvc_service_definition *const *services)
{
    struct msvc_buffer out = MSVC_BUFFER_INIT;
    int status = 0;

    msvc_buffer_printf(
        &out,
        "usage: %s [--help | --check-config | --version]\n\n"
        "Runs until SIGTERM or SIGINT, then drains. Settings come from the environment;\n"
        "each is also read without its prefix, the name with the prefix wins.\n"
        "OTEL_* variables work as the OpenTelemetry specification says.\n",
        program);
    for (; *services != NULL && status == 0; services++)
        status = msvc__service_help(&out, *services);
    print(STDOUT_FILENO, &out);
    msvc_buffer_clear(&out);
    return status == 0 ? EXIT_DRAINED : EXIT_FAILED;
}

static int print_versions(const struct msvc_service_definition *const *services)
{
    struct msvc_buffer out = MSVC_BUFFER_INIT;

    for (; *services != NULL; services++)
        msvc_buffer_printf(&out, "%s %s\n", (*services)->name,
                           (*services)->version != NULL ? (*services)->version : "unversioned");
    msvc_buffer_printf(&out, "libmsvc %s\n", msvc_version());
    print(STDOUT_FILENO, &out);
    msvc_buffer_clear(&out);
    return EXIT_DRAINED;
}

static void print_line(int fd, const char *text, const char *detail)
{
    struct msvc_buffer out = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&out, "%s%s\n", text, detail);
    print(fd, &out);
    msvc_buffer_clear(&out);
}

static int complain(const char *text, const char *detail)
{
    print_line(STDERR_FILENO, text, detail);
    return EXIT_MISUSED;
}

/* Every mistake of every service, in one go. */
static int configure(struct msvc__process *process)
{
    struct msvc_buffer problems = MSVC_BUFFER_INIT;
    int worst = 0;

    for (size_t i = 0; i < process->service_count; i++) {
        int status = msvc__service_configure(process->services[i], &problems);

        if (status < 0)
            worst = status;
    }
    print(STDERR_FILENO, &problems);
    msvc_buffer_clear(&problems);
    return worst;
}

static int create(struct msvc__process *process,
                  const struct msvc_service_definition *const *services)
{
    size_t count = 0;

    while (services[count] != NULL)
        count++;
    process->services = msvc__new_array(count, sizeof(*process->services));
    if (process->services == NULL)
        return MSVC_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (msvc__service_new(&process->services[i], services[i], process) < 0)
            return MSVC_ERR_NOMEM;
        process->service_count++;
    }
    return 0;
}

static void destroy(struct msvc__process *process)
{
    while (process->service_count > 0)
        msvc__service_free(process->services[--process->service_count]);
    free(process->services);
}

static int start(struct msvc__process *process)
{
    int stop_fd = msvc_cancel_fd(stop_request);
    struct msvc_error err;

    for (size_t i = 0; i < process->service_count; i++) {
        if (msvc__service_start(process->services[i], stop_fd, &err) < 0) {
            (void)complain("", err.message);
            return MSVC_ERR_STATE;
        }
    }
    return 0;
}

static void wait_for_signal(void)
{
    struct pollfd stop = { .fd = msvc_cancel_fd(stop_request), .events = POLLIN };

    while (!msvc_cancel_is_requested(stop_request))
        (void)poll(&stop, 1, -1);
}

/* All services drain at the same time: the longest delay counts. */
static void drain(struct msvc__process *process)
{
    int64_t delay_ms = 0;

    for (size_t i = 0; i < process->service_count; i++) {
        int64_t own = msvc_service_number(process->services[i], "DRAIN_DELAY_MS");

        msvc__service_begin_drain(process->services[i]);
        delay_ms = own > delay_ms ? own : delay_ms;
    }
    msvc__notify(process->environment, "STOPPING=1");
    for (uint64_t deadline = msvc_deadline_in(NULL, delay_ms);
         msvc_deadline_left_ms(NULL, deadline, 1000) > 0;)
        (void)poll(NULL, 0, msvc_deadline_left_ms(NULL, deadline, 1000));
    for (size_t i = 0; i < process->service_count; i++)
        msvc__service_finish_drain(process->services[i]);
}

struct signal_state {
    struct sigaction term, interrupt, pipe;
};

static void catch_signals(struct signal_state *before)
{
    struct sigaction stop = { .sa_handler = on_signal };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    (void)sigaction(SIGTERM, &stop, &before->term);
    (void)sigaction(SIGINT, &stop, &before->interrupt);
    (void)sigaction(SIGPIPE, &ignore, &before->pipe);
}

static void restore_signals(const struct signal_state *before)
{
    (void)sigaction(SIGTERM, &before->term, NULL);
    (void)sigaction(SIGINT, &before->interrupt, NULL);
    (void)sigaction(SIGPIPE, &before->pipe, NULL);
}

static int serve(struct msvc__process *process)
{
    struct signal_state before;
    int status = msvc_cancel_new(&stop_request);

    if (status < 0)
        return complain("", msvc_status_text(status));
    catch_signals(&before);
    status = start(process);
    if (status == 0) {
        msvc__notify(process->environment, "READY=1");
        wait_for_signal();
        drain(process);
    }
    destroy(process);
    restore_signals(&before);
    msvc_cancel_free(stop_request);
    stop_request = NULL;
    return status == 0 ? EXIT_DRAINED : EXIT_FAILED;
}

static int configure_and_serve(struct msvc__process *process,
                               const struct msvc_service_definition *const *services,
                               bool only_check)
{
    int status = create(process, services);

    if (status == 0)
        status = configure(process);
    if (status == 0 && !only_check)
        return serve(process);
    destroy(process);
    if (status == MSVC_ERR_INVALID)
        return EXIT_MISUSED; /* the mistakes were printed */
    if (status < 0)
        return complain("", msvc_status_text(status));
    print_line(STDOUT_FILENO, "the configuration is complete and valid", "");
    return EXIT_DRAINED;
}

int msvc_process_main(int argc, char **argv, char *const *environment,
                      const struct msvc_service_definition *const *services,
                      const struct msvc_process_options *options)
{
    static const struct msvc_process_options nothing = { .size = sizeof(nothing) };
    struct msvc__process process = {
        .options = options != NULL ? options : &nothing,
        .environment = environment,
    };
    const char *option = argc > 1 ? argv[1] : "";

    if (services == NULL || services[0] == NULL)
        return complain("no service to run", "");
    if (argc > 2)
        return complain("expected at most one argument, found also ", argv[2]);
    if (strcmp(option, "--help") == 0)
        return print_help(argv[0], services);
    if (strcmp(option, "--version") == 0)
        return print_versions(services);
    if (option[0] != '\0' && strcmp(option, "--check-config") != 0)
        return complain("expected --help, --check-config or --version, found ", option);
    return configure_and_serve(&process, services, option[0] != '\0');
}
