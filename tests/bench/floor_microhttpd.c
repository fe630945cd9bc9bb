/* SPDX-License-Identifier: MIT */
/*
 * The floor: what a plain program with libmicrohttpd does when it has nothing
 * to do. Any GET answers 200 and any POST 201, from memory, on the loop's
 * thread. Writes its address to the file that ADDRESS_FILE names, ends on SIGTERM.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

static char body[] = "{\"id\":\"4711\",\"status\":\"pending\"}";

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static int seen;
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)user, (void)url, (void)version, (void)upload;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, strcmp(method, "POST") == 0 ? 201 : 200, response);
    MHD_destroy_response(response);
    return result;
}

static int tell_port(const char *path, struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    FILE *file = fopen(path, "w");

    if (info == NULL || file == NULL)
        return -1;
    (void)fprintf(file, "127.0.0.1:%u\n", (unsigned)info->port);
    return fclose(file);
}

int main(void)
{
    const char *path = getenv("ADDRESS_FILE");
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *daemon;
    sigset_t stop;
    int number;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
                              MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 1024u,
                              MHD_OPTION_END);
    if (path == NULL || daemon == NULL || tell_port(path, daemon) != 0)
        return 1;
    (void)sigwait(&stop, &number);
    MHD_stop_daemon(daemon);
    return 0;
}
