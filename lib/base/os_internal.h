/* SPDX-License-Identifier: MIT */
/* What is not POSIX; everything of the kind is in os_linux.c. */
#ifndef MSVC_BASE_OS_INTERNAL_H
#define MSVC_BASE_OS_INTERNAL_H

#include <pthread.h>

#include <msvc/base.h>

/*
 * A descriptor that another thread or a signal handler can make readable:
 * an eventfd. Non-blocking, close-on-exec. Negative status when none is left.
 */
MSVC_API int msvc__wake_open(void);
MSVC_API void msvc__wake_signal(int fd);
MSVC_API void msvc__wake_clear(int fd);

/* Put another one in its place, under the same number: for a child of fork(). */
MSVC_API void msvc__wake_replace(int fd);

/* Random bytes of the kernel, waiting for its first seed if need be. */
MSVC_API void msvc__os_random(void *out, size_t length);

/*
 * Watch a file for writes by any process: an inotify descriptor, readable
 * when something changed. Non-blocking, close-on-exec. Negative status when
 * that is not possible, the caller then polls.
 */
MSVC_API int msvc__watch_open(const char *path);

/*
 * Wake all who watch the file, without writing to it: what a writer does once
 * its writes can be seen, when that is later than writing them.
 */
MSVC_API void msvc__watch_touch(const char *path);
MSVC_API void msvc__watch_clear(int fd);

/*
 * One descriptor that is readable while any of its members is: an epoll
 * instance. Close it with close(). put() takes a member that is there already,
 * closed members are gone by themselves, and in a child of fork() the set is
 * still the parent's: only close it there.
 */
MSVC_API int msvc__pollset_open(void);
MSVC_API MSVC_MUST_USE int msvc__pollset_put(int set, int fd);
MSVC_API void msvc__pollset_remove(int set, int fd);

/* What a member waits for: puts it in, or changes that. */
MSVC_API MSVC_MUST_USE int msvc__pollset_watch(int set, int fd, bool reads, bool writes);

struct msvc__ready {
    int fd;
    bool can_read;
    bool can_write;
    bool has_failed;
};

/* Wait for members that are ready, at most timeout_ms (negative: for ever). Returns how many; a
 * signal ends the wait with 0. */
MSVC_API int msvc__pollset_wait(int set, struct msvc__ready *out, int count, int timeout_ms);

/* Lock a file or folder for this descriptor alone, waiting for others; close() unlocks it. Returns
 * -1 with errno when that is not possible. */
MSVC_API MSVC_MUST_USE int msvc__lock_wait(int fd);

/* Let the kernel end a TCP connection whose peer takes no bytes for so long. Best effort. */
MSVC_API void msvc__tcp_user_timeout(int fd, unsigned timeout_ms);

/* Let no new connection begin at a listening TCP socket; those that have begun are completed and
 * can be accepted. Best effort. */
MSVC_API void msvc__tcp_take_no_more(int fd);

/* The name of the running program, for defaults and messages; "unknown" when the system does not
 * tell. Static. */
MSVC_API const char *msvc__os_program_name(void);

/* Name a thread for debuggers and top; cut to what the kernel keeps. */
MSVC_API void msvc__os_name_thread(pthread_t thread, const char *name);

#endif
