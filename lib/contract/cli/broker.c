/* SPDX-License-Identifier: MIT */
/* A broker by its URL or a folder, with what the environment says of it. */
#include "contract/cli/broker_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http_client.h>
#include <msvc/json.h>

#include "base/alloc_internal.h"
#include "contract/cli/command_internal.h"

#define TIMEOUT_MS 30000

static int take_formed(struct cli_broker *b, int option, const char *value)
{
    unsigned long number = 0;

    if (option == CLI_BROKER_TIMEOUT) {
        if (!cli_number(&number, value, 1, 3600000))
            return cli_usage("", "expected milliseconds, found \"%s\"", value);
        b->timeout_ms = (unsigned)number;
        return -1;
    }
    b->is_json = strcmp(value, "json") == 0;
    if (!b->is_json && strcmp(value, "text") != 0 && strcmp(value, "table") != 0)
        return cli_usage("", "expected --output text or json, found \"%s\"", value);
    return -1;
}

int cli_broker_take(struct cli_broker *b, int option, char *value)
{
    switch (option) {
    case CLI_BROKER_URL:
        b->url = value;
        return -1;
    case CLI_BROKER_FOLDER:
        b->path = value;
        return -1;
    case CLI_BROKER_TOKEN:
        b->token = value;
        return -1;
    case CLI_BROKER_USERNAME:
        b->username = value;
        return -1;
    case CLI_BROKER_PASSWORD:
        b->password = value;
        return -1;
    case CLI_BROKER_CA:
        b->ca = value;
        return -1;
    case CLI_BROKER_INSECURE:
        b->takes_any_certificate = true;
        return -1;
    case CLI_BROKER_TIMEOUT:
    case CLI_BROKER_OUTPUT:
        return take_formed(b, option, value);
    default:
        return -2;
    }
}

static const char *environment(const char *given, const char *name)
{
    const char *value = given == NULL ? getenv(name) : given;

    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool cli_broker_is_named(const struct cli_broker *b)
{
    return b->path != NULL || b->url != NULL;
}

/* What is told by options wins over the environment, as a whole. */
static void read_environment(struct cli_broker *b)
{
    if (b->path == NULL)
        b->url = environment(b->url, "PACT_BROKER_BASE_URL");
    if (b->token != NULL || b->username != NULL)
        return;
    b->token = environment(NULL, "PACT_BROKER_TOKEN");
    if (b->token != NULL)
        return;
    b->username = environment(NULL, "PACT_BROKER_USERNAME");
    b->password = environment(b->password, "PACT_BROKER_PASSWORD");
}

/* "https://user:password@host/path": the client wants them apart. */
static int split_url(struct cli_broker *b)
{
    const char *host = strstr(b->url, "://");
    const char *at = host != NULL ? strchr(host + 3, '@') : NULL;
    char *colon;

    b->base_url = msvc__copy_text(b->url);
    if (b->base_url == NULL)
        return CLI_INTERNAL;
    if (at == NULL || at > host + 3 + strcspn(host + 3, "/"))
        return CLI_OK;
    b->secret = msvc__copy_bytes(host + 3, (size_t)(at - host - 3));
    if (b->secret == NULL)
        return CLI_INTERNAL;
    memmove(b->base_url + (host - b->url) + 3, at + 1, strlen(at + 1) + 1);
    colon = strchr(b->secret, ':');
    if (colon == NULL)
        return cli_usage("", "expected user:password before the @ of the broker's URL");
    *colon = '\0';
    b->username = b->secret;
    b->password = colon + 1;
    b->token = NULL;
    return CLI_OK;
}

static int open_url(struct cli_broker *b, struct msvc_error *err)
{
    unsigned timeout_ms = b->timeout_ms > 0 ? b->timeout_ms : TIMEOUT_MS;
    int status = msvc_http_client_new(
        &b->client,
        MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = timeout_ms, .connect_timeout_ms = timeout_ms,
                                 .tls_ca = b->ca, .tls_is_unverified = b->takes_any_certificate),
        err);

    return status == 0 ? msvc_http_client_transport(&b->transport, b->client, b->base_url, err)
                       : status;
}

static int open_folder(struct cli_broker *b, struct msvc_error *err)
{
    int status = msvc_pact_folder_open(&b->folder, b->path, NULL, err);

    if (status < 0)
        return status;
    status = msvc_pact_folder_transport(&b->transport, b->folder);
    return status < 0 ? msvc_error_set(err, status, "broker", 0, "no memory") : 0;
}

int cli_broker_open(struct cli_broker *b, const char *command)
{
    struct msvc_error err;
    int status;
    int code;

    if (b->path != NULL && b->url != NULL)
        return cli_usage(command, "expected one of --broker and --contracts, found both");
    read_environment(b);
    if (!cli_broker_is_named(b))
        return cli_usage(command, "expected --broker URL or --contracts DIR");
    code = b->path == NULL ? split_url(b) : CLI_OK;
    if (code != CLI_OK)
        return code;
    status = b->path != NULL ? open_folder(b, &err) : open_url(b, &err);
    if (status < 0)
        return cli_fail(&err, CLI_BROKER);
    status = msvc_pact_broker_new(
        &b->broker, b->transport,
        MSVC_PACT_BROKER_OPTIONS(.base_url = b->base_url,
                                 .token = b->path == NULL ? b->token : NULL,
                                 .username = b->path == NULL ? b->username : NULL,
                                 .password = b->path == NULL ? b->password : NULL,
                                 .timeout_ms = b->timeout_ms),
        &err);
    return status < 0 ? cli_fail(&err, CLI_USAGE) : CLI_OK;
}

void cli_broker_clear(struct cli_broker *b)
{
    msvc_pact_broker_free(b->broker);
    msvc_http_transport_free(b->transport);
    msvc_pact_folder_close(b->folder);
    msvc_http_client_free(b->client);
    free(b->base_url);
    free(b->secret);
}

int cli_broker_fail(const struct msvc_error *err)
{
    return cli_fail(err, CLI_BROKER);
}

static const char *title_of(const struct msvc_json *one)
{
    static const char *const names[] = { "name", "number", "title", "description", "uuid" };
    const char *text = NULL;

    for (size_t i = 0; text == NULL && i < sizeof(names) / sizeof(names[0]); i++)
        text = msvc_json_string(msvc_json_member(one, names[i]), NULL);
    return text;
}

/* The first list in an object: its elements by name. */
static bool show_list(const struct msvc_json *object)
{
    const struct msvc_json *list = msvc_json_first(object);

    while (list != NULL && msvc_json_type(list) != MSVC_JSON_ARRAY)
        list = msvc_json_next(list);
    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        const char *title = title_of(one);

        if (title != NULL)
            puts(title);
    }
    return list != NULL;
}

static void show_text(const struct msvc_pact_broker_reply *reply)
{
    const char *json = msvc_pact_broker_reply_json(reply);
    struct msvc_json_document *document = NULL;
    const struct msvc_json *root = NULL;
    size_t count = msvc_pact_broker_notice_count(reply);
    const char *title;

    for (size_t i = 0; i < count; i++)
        puts(msvc_pact_broker_notice(reply, i));
    if (json[0] != '\0' && msvc_json_parse(&document, json, strlen(json), NULL, NULL) == 0)
        root = msvc_json_root(document);
    title = title_of(root);
    if (count == 0 && title != NULL)
        puts(title);
    else if (count == 0 && !show_list(msvc_json_member(root, "_embedded")) &&
             !show_list(msvc_json_member(root, "_links")))
        puts("done");
    msvc_json_free(document);
}

int cli_broker_show(const struct cli_broker *b, int status, struct msvc_pact_broker_reply *reply,
                    const struct msvc_error *err)
{
    if (status < 0)
        return cli_broker_fail(err);
    if (b->is_json)
        printf("%s\n", msvc_pact_broker_reply_json(reply));
    else
        show_text(reply);
    msvc_pact_broker_reply_free(reply);
    return CLI_OK;
}
