/* SPDX-License-Identifier: MIT */
/*
 * The floor as a program. Writes its address to the file that ADDRESS_FILE
 * names, ends on SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <microhttpd.h>

#include "plain_server.h"

static int tell_port(const char *path, unsigned port)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return -1;
    (void)fprintf(file, "127.0.0.1:%u\n", port);
    return fclose(file);
}

int main(void)
{
    const char *path = getenv("ADDRESS_FILE");
    struct MHD_Daemon *daemon;
    sigset_t stop;
    unsigned port;
    int number;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    daemon = plain_server_start(&port);
    if (path == NULL || daemon == NULL || tell_port(path, port) != 0)
        return 1;
    (void)sigwait(&stop, &number);
    MHD_stop_daemon(daemon);
    return 0;
}
