/* SPDX-License-Identifier: MIT */
#include "contract_pacts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

static char body[] = CONTRACT_BODY;

static const char expected[] =
    "{\"id\":1,\"name\":\"Alice Sample\",\"email\":\"alice@example.com\",\"active\":false,"
    "\"score\":0.5,\"address\":{\"street\":\"Oak Road 1\",\"city\":\"Rome\",\"zip\":\"00000\"},"
    "\"tags\":[\"x\"],\"created\":\"2020-01-01T00:00:00Z\",\"note\":\"a short one\"}";

static const char rules[] =
    "{\"body\":{\"$\":{\"matchers\":[{\"match\":\"type\"}]},"
    "\"$.id\":{\"matchers\":[{\"match\":\"integer\"}]},"
    "\"$.email\":{\"matchers\":[{\"match\":\"regex\",\"regex\":\"[^@]+@[^@]+\"}]},"
    "\"$.tags\":{\"matchers\":[{\"match\":\"type\",\"min\":1}]},"
    "\"$.score\":{\"matchers\":[{\"match\":\"decimal\"}]}}}";

static void begin(struct msvc_buffer *out)
{
    msvc_buffer_text(out, "{\"consumer\":{\"name\":\"bench-consumer\"},"
                          "\"provider\":{\"name\":\"bench-provider\"},\"interactions\":[");
}

static void end(struct msvc_buffer *out)
{
    msvc_buffer_text(out, "],\"metadata\":{\"pactSpecification\":{\"version\":\"3.0.0\"}}}");
}

void contract_pact_write(struct msvc_buffer *out, size_t interactions)
{
    begin(out);
    for (size_t i = 0; i < interactions; i++)
        msvc_buffer_printf(out,
                           "%s{\"description\":\"item %05zu\",\"request\":{\"method\":\"GET\","
                           "\"path\":\"/items/%zu\"},\"response\":{\"status\":200,\"headers\":"
                           "{\"Content-Type\":\"application/json\"},\"body\":%s,"
                           "\"matchingRules\":%s}}",
                           i > 0 ? "," : "", i, i, expected, rules);
    end(out);
}

void contract_rows_body(struct msvc_buffer *out, size_t rows, const char *text)
{
    msvc_buffer_byte(out, '[');
    for (size_t i = 0; i < rows; i++)
        msvc_buffer_printf(out, "%s{\"id\":%zu,\"name\":\"%s\",\"price\":%zu.25,\"there\":true}",
                           i > 0 ? "," : "", i, text, i % 1000);
    msvc_buffer_byte(out, ']');
}

void contract_rows_write(struct msvc_buffer *out, size_t rows)
{
    begin(out);
    msvc_buffer_text(out,
                     "{\"description\":\"rows\",\"request\":{\"method\":\"GET\",\"path\":\"/\"},"
                     "\"response\":{\"status\":200,\"body\":");
    contract_rows_body(out, rows, "Alice");
    msvc_buffer_text(out, ",\"matchingRules\":{\"body\":{"
                          "\"$[*].id\":{\"matchers\":[{\"match\":\"integer\"}]},"
                          "\"$[*].name\":{\"matchers\":[{\"match\":\"type\"}]},"
                          "\"$[*].price\":{\"matchers\":[{\"match\":\"decimal\"}]},"
                          "\"$[*].there\":{\"matchers\":[{\"match\":\"type\"}]}}}}}");
    end(out);
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    (void)user, (void)url, (void)method, (void)version, (void)upload, (void)request;
    *upload_size = 0;
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static unsigned serve(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemon != NULL ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;

    return info != NULL ? info->port : 0;
}

pid_t contract_provider_start(unsigned *port)
{
    int ports[2];
    pid_t pid;

    if (pipe(ports) != 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        unsigned own = serve();

        if (own != 0 && write(ports[1], &own, sizeof(own)) == sizeof(own))
            (void)pause();
        _exit(1);
    }
    (void)close(ports[1]);
    if (pid < 0 || read(ports[0], port, sizeof(*port)) != sizeof(*port))
        exit(1);
    (void)close(ports[0]);
    return pid;
}
