/* SPDX-License-Identifier: MIT */
/* Everything that is Linux and not POSIX. */
#define _GNU_SOURCE
#include "base/os_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

#include <msvc/status.h>

#define READY_MAX 64

int msvc__wake_open(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    return fd >= 0 ? fd : MSVC_ERR_UNAVAILABLE;
}

/* A full counter is already readable, so that a refused write loses nothing. */
void msvc__wake_signal(int fd)
{
    uint64_t one = 1;
    int saved = errno;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    errno = saved;
}

void msvc__wake_clear(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

void msvc__wake_replace(int fd)
{
    int fresh = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fresh < 0)
        return;
    (void)dup3(fresh, fd, O_CLOEXEC);
    (void)close(fresh);
}

void msvc__os_random(void *out, size_t length)
{
    unsigned char *bytes = out;

    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);

        if (got > 0) {
            bytes += got;
            length -= (size_t)got;
        }
    }
}

int msvc__watch_open(const char *path)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd < 0)
        return MSVC_ERR_UNAVAILABLE;
    if (inotify_add_watch(fd, path, IN_MODIFY | IN_ATTRIB) < 0) {
        (void)close(fd);
        return MSVC_ERR_UNAVAILABLE;
    }
    return fd;
}

void msvc__watch_touch(const char *path)
{
    (void)utimensat(AT_FDCWD, path, NULL, 0);
}

void msvc__watch_clear(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof(events)) > 0 || errno == EINTR)
        ;
}

int msvc__pollset_open(void)
{
    int set = epoll_create1(EPOLL_CLOEXEC);

    return set >= 0 ? set : MSVC_ERR_UNAVAILABLE;
}

int msvc__pollset_put(int set, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 || errno == EEXIST)
        return 0;
    return MSVC_ERR_UNAVAILABLE;
}

void msvc__pollset_remove(int set, int fd)
{
    struct epoll_event event = { 0 };

    (void)epoll_ctl(set, EPOLL_CTL_DEL, fd, &event);
}

int msvc__pollset_watch(int set, int fd, bool reads, bool writes)
{
    struct epoll_event event = {
        .events = (reads ? (uint32_t)EPOLLIN : 0) | (writes ? (uint32_t)EPOLLOUT : 0),
        .data.fd = fd,
    };

    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    if (errno == EEXIST && epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    return MSVC_ERR_UNAVAILABLE;
}

int msvc__pollset_wait(int set, struct msvc__ready *out, int count, int timeout_ms)
{
    struct epoll_event events[READY_MAX];
    int ready = epoll_wait(set, events, count < READY_MAX ? count : READY_MAX, timeout_ms);

    for (int i = 0; i < ready; i++)
        out[i] = (struct msvc__ready){
            .fd = events[i].data.fd,
            .can_read = (events[i].events & (EPOLLIN | EPOLLHUP)) != 0,
            .can_write = (events[i].events & EPOLLOUT) != 0,
            .has_failed = (events[i].events & EPOLLERR) != 0,
        };
    return ready > 0 ? ready : 0;
}

int msvc__lock_wait(int fd)
{
    int status;

    do
        status = flock(fd, LOCK_EX);
    while (status < 0 && errno == EINTR);
    return status;
}

void msvc__tcp_user_timeout(int fd, unsigned timeout_ms)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

/* Classic BPF as the kernel takes it; not every libc comes with the kernel's headers. */
struct instruction {
    uint16_t code;
    uint8_t if_true, if_false; /* instructions to skip */
    uint32_t operand;
};

struct program {
    unsigned short length;
    struct instruction *instructions;
};

/* A filter of the socket sees the TCP header: what has SYN set is dropped. */
void msvc__tcp_take_no_more(int fd)
{
    enum { LOAD_BYTE = 0x30, IF_ANY_BIT = 0x45, RETURN = 0x06 };
    enum { FLAGS_AT = 13, SYN = 0x02, DROP = 0, PASS = 0x7fffffff };
    struct instruction code[] = {
        { LOAD_BYTE, 0, 0, FLAGS_AT },
        { IF_ANY_BIT, 0, 1, SYN },
        { RETURN, 0, 0, DROP },
        { RETURN, 0, 0, PASS },
    };
    struct program program = { sizeof(code) / sizeof(code[0]), code };

    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

const char *msvc__os_program_name(void)
{
    return program_invocation_short_name != NULL ? program_invocation_short_name : "unknown";
}

void msvc__os_name_thread(pthread_t thread, const char *name)
{
    char cut[16];

    (void)snprintf(cut, sizeof(cut), "%s", name);
    (void)pthread_setname_np(thread, cut);
}
