/* SPDX-License-Identifier: MIT */
/**
 * @file contract_folder.h
 *
 * A folder that plays the Pact Broker: pacts, results, environments and what
 * is deployed in them as files, to keep in a repository or on a shared disk.
 * The client (contract_broker.h) talks to it as to any broker, without a
 * socket; behind a server (http_server.h) it is a small broker for others.
 *
 *     msvc_pact_folder_open(&folder, "contracts", NULL, &err);
 *     msvc_pact_folder_transport(&transport, folder);
 *     msvc_pact_broker_new(&broker, transport, NULL, &err);
 *
 * Several programs may use one folder at the same time.
 */
#ifndef MSVC_CONTRACT_FOLDER_H
#define MSVC_CONTRACT_FOLDER_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_http_router;
struct msvc_http_transport;

/** A broker in a folder. Threading: safe. */
struct msvc_pact_folder;

/** Start from #MSVC_PACT_FOLDER_OPTIONS; 0 means the default. */
struct msvc_pact_folder_options {
    size_t size;                    /**< Set by #MSVC_PACT_FOLDER_OPTIONS. */
    const struct msvc_clock *clock; /**< Borrowed. For the times in files. Default: the system's. */
};

#define MSVC_PACT_FOLDER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_pact_folder_options, __VA_ARGS__)

/**
 * Use @p path; it is created when it is not there, its parent must be.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   NULL for the defaults.
 * @return 0, #MSVC_ERR_UNAVAILABLE (it cannot be made or opened), #MSVC_ERR_INVALID,
 *         #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_folder_open(struct msvc_pact_folder **out, const char *path,
                                                 const struct msvc_pact_folder_options *options,
                                                 struct msvc_error *err);

/** Destroy @p folder; the files stay. NULL is ignored. No call may be in flight. */
MSVC_API void msvc_pact_folder_close(struct msvc_pact_folder *folder);

/**
 * A way to the folder without a socket; the folder must outlive it.
 *
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_pact_folder_transport(struct msvc_http_transport **out,
                                                      struct msvc_pact_folder *folder);

/** Its routes, to be served to others: it asks for no password. Borrowed until the folder is
 * closed. */
MSVC_API struct msvc_http_router *msvc_pact_folder_router(struct msvc_pact_folder *folder);

MSVC_END_DECLS

#endif
