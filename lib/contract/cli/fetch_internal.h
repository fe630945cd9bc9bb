/* SPDX-License-Identifier: MIT */
/* verify with the pacts of a broker, and its results back there. */
#ifndef MSVC_CONTRACT_CLI_FETCH_INTERNAL_H
#define MSVC_CONTRACT_CLI_FETCH_INTERNAL_H

#include "contract/cli/broker_internal.h"
#include "contract/cli/pacts_internal.h"

#define CLI_SELECTORS_MAX 32
#define CLI_TAGS_MAX      32

struct msvc_contract_report;

enum {
    CLI_FETCH_PROVIDER = 600,
    CLI_FETCH_SELECTOR,
    CLI_FETCH_PENDING,
    CLI_FETCH_WIP,
    CLI_FETCH_PUBLISH,
    CLI_FETCH_BUILD_URL,
    CLI_FETCH_TAG,
};

#define CLI_FETCH_ROWS                                                            \
    CLI_BROKER_ROWS, { "provider", required_argument, NULL, CLI_FETCH_PROVIDER }, \
        { "selector", required_argument, NULL, CLI_FETCH_SELECTOR },              \
        { "enable-pending", no_argument, NULL, CLI_FETCH_PENDING },               \
        { "include-wip-pacts-since", required_argument, NULL, CLI_FETCH_WIP },    \
        { "publish-results", no_argument, NULL, CLI_FETCH_PUBLISH },              \
        { "build-url", required_argument, NULL, CLI_FETCH_BUILD_URL },            \
    {                                                                             \
        "provider-tag", required_argument, NULL, CLI_FETCH_TAG                    \
    }

#define CLI_FETCH_HELP                                                                         \
    CLI_BROKER_HELP                                                                            \
    "pacts of the broker\n"                                                                    \
    "  --provider NAME           those of this provider\n"                                     \
    "  --selector WHICH          main-branch, matching-branch, deployed, released,\n"          \
    "                            deployed-or-released, latest, branch=B, fallback-branch=B,\n" \
    "                            tag=T, fallback-tag=T, environment=E, consumer=C; several\n"  \
    "                            with commas; may be repeated; default: the broker's\n"        \
    "  --enable-pending          what was never kept may fail\n"                               \
    "  --include-wip-pacts-since DATE\n"                                                       \
    "                            also what is in work, which may fail\n"                       \
    "  --publish-results         tell the broker; with --provider-version\n"                   \
    "  --build-url URL           --provider-tag TAG, for the results\n"

struct cli_fetch {
    struct cli_broker broker;
    const char *provider;
    struct msvc_pact_selector selectors[CLI_SELECTORS_MAX];
    size_t selector_count;
    bool includes_pending;
    const char *wip_since;
    bool publishes;
    const char *build_url;
    const char *tags[CLI_TAGS_MAX + 1];
    size_t tag_count;

    const char *version; /* of the provider */
    const char *branch;
    struct msvc_pact_list *list;
    size_t first; /* of the fetched ones among all pacts */
};

/* As cli_broker_take(). A selector is cut where it stands. */
int cli_fetch_take(struct cli_fetch *f, int option, char *value);
/* Get the pacts, if a broker is named. Returns CLI_OK, or what to exit with. */
int cli_fetch_all(struct cli_fetch *f, struct cli_pacts *pacts);
/* Tell the broker about pact `index` of all, if that is wanted and it has the pact from there. */
int cli_fetch_report(struct cli_fetch *f, size_t index, const struct msvc_contract_report *report);
void cli_fetch_clear(struct cli_fetch *f);

#endif
