/* SPDX-License-Identifier: MIT */
/* The services as processes: start, wait until they are ready, stop, kill. */
#include "demo.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#define READY_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS  20000
#define POLL_MS          2

const char *const service_names[SERVICE_COUNT] = {
    "user-service", "inventory-service", "order-service", "payment-service", "notification-service",
};
const char *const service_prefixes[SERVICE_COUNT] = {
    "USER_", "INVENTORY_", "ORDER_", "PAYMENT_", "NOTIFICATION_",
};

bool is_interrupted(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

int interrupted(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_CANCELLED, "demo", 0, "interrupted");
}

struct program *program_of(struct demo *demo, enum service service)
{
    return &demo->running[demo->is_monolith ? 0 : service];
}

int program_spawn(struct program *program, const char *path, char *const *environment)
{
    char *argv[] = { (char *)(uintptr_t)path, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int failure;

    /* We block signals to wait for them; a service wants to hear them. */
    (void)sigemptyset(&none);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, program->log_path,
                                           O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    failure = posix_spawn(&program->pid, path, &actions, &attributes, argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        program->pid = 0;
    return failure;
}

int program_start(struct demo *demo, enum service service, struct msvc_error *err)
{
    struct program *program = program_of(demo, service);
    const char *name = demo->is_monolith ? "monolith" : service_names[service];
    char **environment = settings_for(demo, service);
    char path[PATH_MAX];
    int failure;

    if (environment == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "demo", 0, "no memory");
    program->name = name;
    program->started_ns = msvc_clock_monotonic_ns(NULL);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", demo->programs, name,
                   program->file != NULL ? program->file : name);
    (void)snprintf(program->log_path, sizeof(program->log_path), "%s/log/%s.jsonl", demo->folder,
                   name);
    failure = program_spawn(program, path, environment);
    settings_free(environment);
    if (failure != 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "demo", failure,
                              "%s cannot be started: %s", path, strerror(failure));
    return 0;
}

/* The last line of its log is the best reason there is. */
static void read_last_line(char *out, int size, const struct program *program)
{
    FILE *log = fopen(program->log_path, "r");

    out[0] = '\0';
    while (log != NULL && fgets(out, size, log) != NULL)
        ;
    if (log != NULL)
        (void)fclose(log);
    out[strcspn(out, "\n")] = '\0';
}

static int explain_exit(const struct program *program, int status, struct msvc_error *err)
{
    char line[512];

    read_last_line(line, sizeof(line), program);
    return msvc_error_set(err, MSVC_ERR_STATE, "demo", status, "%s ended with %s %d: %s",
                          program->name, WIFSIGNALED(status) ? "signal" : "exit status",
                          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), line);
}

static int explain_delay(const struct program *program, enum service service,
                         struct msvc_error *err)
{
    char line[512];

    read_last_line(line, sizeof(line), program);
    return msvc_error_set(err, MSVC_ERR_TIMEOUT, "demo", 0, "%s was not ready within %d s: %s",
                          service_names[service], READY_TIMEOUT_MS / 1000, line);
}

static bool has_ended(struct program *program, int *status)
{
    if (program->pid == 0 || waitpid(program->pid, status, WNOHANG) != program->pid)
        return false;
    program->pid = 0;
    return true;
}

static bool read_address(struct demo *demo, enum service service)
{
    char path[PATH_MAX];
    FILE *file;
    bool found;

    if (demo->addresses[service][0] != '\0')
        return true;
    (void)snprintf(path, sizeof(path), "%s/run/%s.address", demo->folder, service_names[service]);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    found = fscanf(file, "%63s", demo->addresses[service]) == 1;
    (void)fclose(file);
    return found;
}

static bool answers_200(struct demo *demo, enum service service, const char *probe)
{
    return read_address(demo, service) &&
           api_try(NULL, demo,
                   &(struct call){ .service = service, .target = probe, .is_silent = true },
                   NULL) == 200;
}

int program_wait_ready(struct demo *demo, enum service service, struct msvc_error *err)
{
    struct program *program = program_of(demo, service);
    uint64_t deadline = msvc_deadline_in(NULL, READY_TIMEOUT_MS);
    bool is_ready = false;
    int status;

    while (msvc_deadline_left_ms(NULL, deadline, READY_TIMEOUT_MS) > 0) {
        if (has_ended(program, &status))
            return explain_exit(program, status, err);
        if (is_interrupted())
            return interrupted(err);
        if (!is_ready && answers_200(demo, service, "/readyz")) {
            is_ready = true;
            program->startup_ms =
                (double)(msvc_clock_monotonic_ns(NULL) - program->started_ns) / 1e6;
        }
        if (is_ready && answers_200(demo, service, "/startupz"))
            return 0;
        (void)poll(NULL, 0, POLL_MS);
    }
    return explain_delay(program, service, err);
}

/* user-service first: the others are told where it is. */
int programs_start(struct demo *demo, struct msvc_error *err)
{
    int status = program_start(demo, USERS, err);

    if (status == 0)
        status = program_wait_ready(demo, USERS, err);
    for (int i = INVENTORY; status == 0 && i < SERVICE_COUNT; i++) {
        if (!demo->is_monolith)
            status = program_start(demo, (enum service)i, err);
        if (status == 0)
            status = program_wait_ready(demo, (enum service)i, err);
    }
    return status;
}

static bool wait_for_end(struct program *program, uint64_t deadline, int *status)
{
    while (!has_ended(program, status)) {
        if (msvc_deadline_left_ms(NULL, deadline, STOP_TIMEOUT_MS) == 0)
            return false;
        (void)poll(NULL, 0, POLL_MS);
    }
    return true;
}

/* Whether it drained; SIGKILL when it takes too long. */
static bool has_drained(struct program *program, uint64_t deadline)
{
    int status = 0;

    if (!wait_for_end(program, deadline, &status)) {
        (void)kill(program->pid, SIGKILL);
        (void)waitpid(program->pid, &status, 0);
        program->pid = 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int programs_stop(struct demo *demo)
{
    uint64_t deadline = msvc_deadline_in(NULL, STOP_TIMEOUT_MS);
    int worst = 0;

    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (demo->running[i].pid != 0)
            (void)kill(demo->running[i].pid, SIGTERM);
    }
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        struct program *program = &demo->running[i];

        if (program->pid != 0 && !has_drained(program, deadline)) {
            (void)fprintf(stderr, "%s did not drain; its log is %s\n", program->name,
                          program->log_path);
            worst = 1;
        }
    }
    return worst;
}

int program_stop(struct demo *demo, enum service service, struct msvc_error *err)
{
    struct program *program = program_of(demo, service);

    if (program->pid == 0)
        return 0;
    (void)kill(program->pid, SIGTERM);
    if (has_drained(program, msvc_deadline_in(NULL, STOP_TIMEOUT_MS)))
        return 0;
    return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0, "%s did not drain; its log is %s",
                          program->name, program->log_path);
}

void program_kill(struct demo *demo, enum service service)
{
    struct program *program = program_of(demo, service);

    if (program->pid == 0)
        return;
    (void)kill(program->pid, SIGKILL);
    (void)waitpid(program->pid, NULL, 0);
    program->pid = 0;
}
