/* SPDX-License-Identifier: MIT */
/* One request at a time, in this process and in all others that use the folder. */
#include <msvc/contract_folder.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msvc/http_router.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "base/os_internal.h"
#include "contract/folder/folder_internal.h"

#define BODY_LIMIT 0x8000000 /* a pact in base64 */

static void reply(struct msvc__folder_call *call, json_t *body)
{
    static const char type[] = "application/hal+json;charset=utf-8";
    char *text = NULL;

    if (call->text.length > 0) {
        msvc_http_reply(call->exchange, call->status, type, call->text.data, call->text.length);
    } else if (body == NULL) {
        msvc_http_reply(call->exchange, call->status == 200 ? 204 : call->status, NULL, NULL, 0);
    } else {
        text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
        if (text != NULL)
            msvc_http_reply(call->exchange, call->status, type, text, strlen(text));
        else
            msvc_http_reply_problem(call->exchange, 500, NULL, "out of memory");
    }
    free(text);
    json_decref(body);
}

/* The lock on the folder is let go by closing. Returns a descriptor, or -1 with errno. */
static int lock_folder(struct msvc_pact_folder *folder)
{
    int file = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file >= 0 && msvc__lock_wait(file) < 0) {
        (void)close(file);
        return -1;
    }
    return file;
}

static void serve(struct msvc_http_exchange *exchange, void *user, msvc__folder_fn *handler)
{
    struct msvc__folder_call call = { .folder = user, .exchange = exchange, .status = 200 };
    json_t *body;
    int lock;

    (void)pthread_mutex_lock(&call.folder->lock);
    lock = lock_folder(call.folder);
    if (lock >= 0)
        body = handler(&call);
    else
        body = msvc__folder_refuse(&call, 500, "%s: %s", call.folder->path, strerror(errno));
    if (lock >= 0)
        (void)close(lock);
    (void)pthread_mutex_unlock(&call.folder->lock);
    reply(&call, body);
    msvc_buffer_clear(&call.text);
}

/* A route's handler for each verb: a handler knows its folder, not its route. */
#define ROUTES(X)                                                                              \
    X(index, "GET", "/")                                                                       \
    X(publish, "POST", "/contracts/publish")                                                   \
    X(put_pact, "PUT", "/pacts/provider/{provider}/consumer/{consumer}/version/{version}")     \
    X(get_pact, "GET", "/pacts/provider/{provider}/consumer/{consumer}/version/{version}")     \
    X(latest_pact, "GET", "/pacts/provider/{provider}/consumer/{consumer}/latest")             \
    X(latest_pact, "GET", "/pacts/provider/{provider}/consumer/{consumer}/latest/{tag}")       \
    X(latest_pacts, "GET", "/pacts/latest")                                                    \
    X(latest_pacts, "GET", "/pacts/latest/{tag}")                                              \
    X(latest_pacts, "GET", "/pacts/provider/{provider}/latest")                                \
    X(latest_pacts, "GET", "/pacts/provider/{provider}/latest/{tag}")                          \
    X(for_verification, "POST", "/pacts/provider/{provider}/for-verification")                 \
    X(add_result, "POST",                                                                      \
      "/pacts/provider/{provider}/consumer/{consumer}/pact-version/{id}/verification-results") \
    X(matrix, "GET", "/matrix")                                                                \
    X(participants, "GET", "/pacticipants")                                                    \
    X(add_participant, "POST", "/pacticipants")                                                \
    X(get_participant, "GET", "/pacticipants/{pacticipant}")                                   \
    X(change_participant, "PATCH", "/pacticipants/{pacticipant}")                              \
    X(change_participant, "PUT", "/pacticipants/{pacticipant}")                                \
    X(delete_participant, "DELETE", "/pacticipants/{pacticipant}")                             \
    X(get_version, "GET", "/pacticipants/{pacticipant}/versions/{version}")                    \
    X(latest_version, "GET", "/pacticipants/{pacticipant}/latest-version")                     \
    X(latest_version, "GET", "/pacticipants/{pacticipant}/latest-version/{tag}")               \
    X(branches, "GET", "/pacticipants/{pacticipant}/branches")                                 \
    X(delete_branch, "DELETE", "/pacticipants/{pacticipant}/branches/{branch}")                \
    X(delete_branch, "DELETE", "/pacticipants/{pacticipant}/branch")                           \
    X(put_branch, "PUT", "/pacticipants/{pacticipant}/branches/{branch}/versions/{version}")   \
    X(put_branch, "PUT", "/pacticipants/{pacticipant}/branch/{version}")                       \
    X(put_tag, "PUT", "/pacticipants/{pacticipant}/versions/{version}/tags/{tag}")             \
    X(put_tag, "PUT", "/pacticipants/{pacticipant}/versions/{version}/tag")                    \
    X(delete_tag, "DELETE", "/pacticipants/{pacticipant}/versions/{version}/tags/{tag}")       \
    X(delete_tag, "DELETE", "/pacticipants/{pacticipant}/versions/{version}/tag")              \
    X(environments, "GET", "/environments")                                                    \
    X(add_environment, "POST", "/environments")                                                \
    X(get_environment, "GET", "/environments/{environment}")                                   \
    X(change_environment, "PUT", "/environments/{environment}")                                \
    X(delete_environment, "DELETE", "/environments/{environment}")                             \
    X(deploy, "POST",                                                                          \
      "/pacticipants/{pacticipant}/versions/{version}/deployed-versions/environment/"          \
      "{environment}")                                                                         \
    X(release, "POST",                                                                         \
      "/pacticipants/{pacticipant}/versions/{version}/released-versions/environment/"          \
      "{environment}")                                                                         \
    X(deployed, "GET", "/environments/{environment}/deployed-versions/currently-deployed")     \
    X(released, "GET", "/environments/{environment}/released-versions/currently-supported")    \
    X(undeploy, "PATCH", "/environments/{environment}/deployed-versions/{id}")                 \
    X(end_support, "PATCH", "/environments/{environment}/released-versions/{id}")

struct route {
    const char *method;
    const char *path;
    msvc__folder_fn *handler;
};

static const struct route routes[] = {
#define ROUTE(name, method, path) { method, path, msvc__folder_##name },
    ROUTES(ROUTE)
#undef ROUTE
};

/* Which route it is, the router knows by its pattern and method. */
static void handle(struct msvc_http_exchange *exchange, void *user)
{
    const char *pattern = msvc_http_route_pattern(exchange);
    const char *method = msvc_http_method(exchange);

    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].path, pattern) == 0 && strcmp(routes[i].method, method) == 0) {
            serve(exchange, user, routes[i].handler);
            return;
        }
    }
}

static int add_routes(struct msvc_pact_folder *folder)
{
    int status =
        msvc_http_router_new(&folder->router, MSVC_HTTP_ROUTER_OPTIONS(.body_limit = BODY_LIMIT));

    for (size_t i = 0; status == 0 && i < sizeof(routes) / sizeof(routes[0]); i++)
        status =
            msvc_http_route(folder->router, routes[i].method, routes[i].path, handle, folder, NULL);
    return status;
}

static int make_folder(const struct msvc_pact_folder *folder, struct msvc_error *err)
{
    struct stat found;

    if (mkdir(folder->path, 0777) < 0 && errno != EEXIST)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, MSVC__FOLDER, errno, "%s: %s",
                              folder->path, strerror(errno));
    if (stat(folder->path, &found) < 0 || !S_ISDIR(found.st_mode))
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, MSVC__FOLDER, ENOTDIR,
                              "%s: expected a folder", folder->path);
    return 0;
}

int msvc_pact_folder_open(struct msvc_pact_folder **out, const char *path,
                          const struct msvc_pact_folder_options *options, struct msvc_error *err)
{
    struct msvc_pact_folder_options o;
    struct msvc_pact_folder *folder;
    int status = out != NULL && path != NULL && path[0] != '\0'
                     ? msvc__options_copy(&o, sizeof(o), options)
                     : MSVC_ERR_INVALID;

    if (status < 0)
        return msvc_error_set(err, status, MSVC__FOLDER, 0, "%s", msvc_status_text(status));
    folder = msvc__new(sizeof(*folder));
    if (folder == NULL || pthread_mutex_init(&folder->lock, NULL) != 0) {
        free(folder);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
    }
    folder->clock = o.clock;
    folder->path = msvc__copy_text(path);
    if (folder->path == NULL || add_routes(folder) < 0)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
    if (status == 0)
        status = make_folder(folder, err);
    if (status < 0)
        msvc_pact_folder_close(folder);
    else
        *out = folder;
    return status;
}

void msvc_pact_folder_close(struct msvc_pact_folder *folder)
{
    if (folder == NULL)
        return;
    msvc_http_router_free(folder->router);
    (void)pthread_mutex_destroy(&folder->lock);
    free(folder->path);
    free(folder);
}

int msvc_pact_folder_transport(struct msvc_http_transport **out, struct msvc_pact_folder *folder)
{
    return out != NULL && folder != NULL ? msvc_http_router_transport(out, folder->router)
                                         : MSVC_ERR_INVALID;
}

struct msvc_http_router *msvc_pact_folder_router(struct msvc_pact_folder *folder)
{
    return folder != NULL ? folder->router : NULL;
}
