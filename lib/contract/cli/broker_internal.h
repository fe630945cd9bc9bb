/* SPDX-License-Identifier: MIT */
/* What the commands for a broker share: where it is, and how answers are shown. */
#ifndef MSVC_CONTRACT_CLI_BROKER_INTERNAL_H
#define MSVC_CONTRACT_CLI_BROKER_INTERNAL_H

#include <getopt.h>

#include <msvc/contract_broker.h>
#include <msvc/contract_folder.h>

struct msvc_http_client;
struct msvc_pact_deployment;

/* Options of every command that talks to a broker: rows for getopt_long(), and help. */
enum {
    CLI_BROKER_URL = 512,
    CLI_BROKER_FOLDER,
    CLI_BROKER_TOKEN,
    CLI_BROKER_USERNAME,
    CLI_BROKER_PASSWORD,
    CLI_BROKER_CA,
    CLI_BROKER_INSECURE,
    CLI_BROKER_TIMEOUT,
    CLI_BROKER_OUTPUT,
};

#define CLI_BROKER_ROWS                                                      \
    { "broker", required_argument, NULL, CLI_BROKER_URL },                   \
        { "broker-base-url", required_argument, NULL, CLI_BROKER_URL },      \
        { "contracts", required_argument, NULL, CLI_BROKER_FOLDER },         \
        { "broker-token", required_argument, NULL, CLI_BROKER_TOKEN },       \
        { "broker-username", required_argument, NULL, CLI_BROKER_USERNAME }, \
    {                                                                        \
        "broker-password", required_argument, NULL, CLI_BROKER_PASSWORD      \
    }

#define CLI_BROKER_MORE_ROWS                                        \
    { "cacert", required_argument, NULL, CLI_BROKER_CA },           \
        { "insecure", no_argument, NULL, CLI_BROKER_INSECURE },     \
        { "timeout", required_argument, NULL, CLI_BROKER_TIMEOUT }, \
    {                                                               \
        "output", required_argument, NULL, CLI_BROKER_OUTPUT        \
    }

#define CLI_BROKER_HELP                                                  \
    "broker\n"                                                           \
    "  --broker URL              where it is; or PACT_BROKER_BASE_URL\n" \
    "  --contracts DIR           a folder instead\n"                     \
    "  --broker-token TOKEN      or PACT_BROKER_TOKEN\n"                 \
    "  --broker-username USER    or PACT_BROKER_USERNAME, with\n"        \
    "  --broker-password TEXT    or PACT_BROKER_PASSWORD\n"

#define CLI_BROKER_MORE_HELP                                      \
    "  --cacert FILE             trust these authorities (PEM)\n" \
    "  --insecure                trust any certificate\n"         \
    "  --timeout MS              for each call, default 30000\n"  \
    "  --output FORMAT           text or json\n"                  \
    "  --help\n"

struct cli_broker {
    const char *url;
    const char *path;
    const char *token;
    const char *username;
    const char *password;
    const char *ca;
    bool takes_any_certificate;
    unsigned timeout_ms;
    bool is_json;

    char *base_url; /* without what is before the @ */
    char *secret;   /* what was there */
    struct msvc_http_client *client;
    struct msvc_http_transport *transport;
    struct msvc_pact_folder *folder;
    struct msvc_pact_broker *broker;
};

/* Take one of the options above. Returns -1 when it was one, what to exit with when its value is
 * wrong, and -2 when it is another. */
int cli_broker_take(struct cli_broker *b, int option, char *value);
/* Whether arguments or environment name a broker. */
bool cli_broker_is_named(const struct cli_broker *b);
/* Connect. Returns CLI_OK, or what to exit with. */
int cli_broker_open(struct cli_broker *b, const char *command);
void cli_broker_clear(struct cli_broker *b);

/* Show an answer, free it, and say what to exit with. */
int cli_broker_show(const struct cli_broker *b, int status, struct msvc_pact_broker_reply *reply,
                    const struct msvc_error *err);
/* What to exit with when a broker said no. */
int cli_broker_fail(const struct msvc_error *err);

int cli_publish(int argc, char **argv);
int cli_can_i_deploy(int argc, char **argv);
/* All others: argv[0] says which. */
int cli_broker_verb(int argc, char **argv);

#endif
