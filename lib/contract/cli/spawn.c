/* SPDX-License-Identifier: MIT */
/*
 * The command reads and writes at its own pace: whatever pipe is ready is
 * served, until it closes its output or its time is over.
 */
#include "contract/cli/spawn_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

struct child {
    pid_t pid;
    int in;  /* we write; -1 when all is written */
    int out; /* we read; -1 at its end */
    const char *input;
    size_t left;
    struct msvc_buffer *output;
};

/* No other child may inherit our ends between making and marking them. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static void close_pair(const int pair[2])
{
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void mark(int fd)
{
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* In the child: only what is safe there. */
static void become(const char *command, const int in[2], const int out[2])
{
    (void)setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0) {
        close_pair(in);
        close_pair(out);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    _exit(127);
}

/* Lock held. */
static int make(struct child *c, const char *command)
{
    int in[2];
    int out[2];

    if (pipe(in) < 0)
        return -1;
    if (pipe(out) < 0) {
        close_pair(in);
        return -1;
    }
    mark(in[1]);
    mark(out[0]);
    c->pid = fork();
    if (c->pid == 0)
        become(command, in, out);
    (void)close(in[0]);
    (void)close(out[1]);
    c->in = in[1];
    c->out = out[0];
    if (c->pid < 0)
        close_pair((int[]){ c->in, c->out });
    return c->pid < 0 ? -1 : 0;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void feed(struct child *c)
{
    ssize_t written = c->left > 0 ? write(c->in, c->input, c->left) : 0;

    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (written > 0) {
        c->input += written;
        c->left -= (size_t)written;
    }
    if (written <= 0 || c->left == 0) /* what it does not want to read it need not */
        shut(&c->in);
}

static void drain(struct child *c)
{
    char *room = msvc_buffer_reserve(c->output, 4096);
    char waste[4096];
    ssize_t count = read(c->out, room != NULL ? room : waste, 4096);

    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        shut(&c->out);
    else if (room != NULL)
        msvc_buffer_added(c->output, (size_t)count);
}

/* False: its time is over. */
static bool serve(struct child *c, uint64_t deadline_ns)
{
    while (c->out >= 0) {
        struct pollfd fds[2] = { { .fd = c->in, .events = POLLOUT },
                                 { .fd = c->out, .events = POLLIN } };
        int left = msvc_deadline_left_ms(NULL, deadline_ns, 1000);

        if (left == 0)
            return false;
        if (poll(fds, 2, left) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0)
            feed(c);
        if (fds[1].revents != 0)
            drain(c);
    }
    return true;
}

static int end(struct child *c, bool is_late)
{
    int status = 0;

    shut(&c->in);
    shut(&c->out);
    if (is_late)
        (void)kill(-c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int cli_spawn(const char *command, const char *input, size_t length, unsigned timeout_ms,
              struct msvc_buffer *output, struct msvc_error *err)
{
    struct child c = { .input = input, .left = length, .output = output };
    bool is_late;
    int code;

    (void)pthread_mutex_lock(&making);
    code = make(&c, command);
    (void)pthread_mutex_unlock(&making);
    if (code < 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "verify", errno, "no process for \"%s\"",
                              command);
    is_late = !serve(&c, msvc_deadline_in(NULL, timeout_ms));
    code = end(&c, is_late);
    if (is_late)
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "verify", 0, "no end of \"%s\" in %u ms",
                              command, timeout_ms);
    return code;
}
