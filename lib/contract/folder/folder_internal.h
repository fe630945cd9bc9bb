/* SPDX-License-Identifier: MIT */
/*
 * A broker whose memory is files. Every request locks the folder, reads what it
 * needs, and changes a file in one step:
 *
 *     pacticipants/NAME.json                     names, versions in their order
 *     pacts/CONSUMER/VERSION/PROVIDER.json       as published
 *     results/PROVIDER/VERSION/CONSUMER/ID.json  ID: of the pact's contents
 *     environments/NAME.json                     what is deployed and released
 */
#ifndef MSVC_CONTRACT_FOLDER_FOLDER_INTERNAL_H
#define MSVC_CONTRACT_FOLDER_FOLDER_INTERNAL_H

#include <pthread.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/contract_folder.h>
#include <msvc/error.h>

#define MSVC__FOLDER "folder" /* the origin of our errors */

/* Digits of the id of a pact's contents, with the final NUL. */
#define MSVC__CONTENT_ID_SIZE 33

struct msvc_http_exchange;
struct msvc_json;

struct msvc_pact_folder {
    char *path;
    const struct msvc_clock *clock;
    struct msvc_http_router *router;
    pthread_mutex_t lock; /* of this process; the file lock is for the others */
};

/* One request. */
struct msvc__folder_call {
    struct msvc_pact_folder *folder;
    struct msvc_http_exchange *exchange;
    int status;              /* of the answer; 200 unless set */
    struct msvc_buffer text; /* instead of what the handler returns, when it is not empty */
};

/* Answers a request: the body, a new reference; NULL for none. */
typedef json_t *msvc__folder_fn(struct msvc__folder_call *call);

msvc__folder_fn msvc__folder_index, msvc__folder_publish, msvc__folder_put_pact,
    msvc__folder_get_pact, msvc__folder_latest_pact, msvc__folder_latest_pacts,
    msvc__folder_for_verification, msvc__folder_add_result, msvc__folder_matrix,
    msvc__folder_participants, msvc__folder_add_participant, msvc__folder_get_participant,
    msvc__folder_change_participant, msvc__folder_delete_participant, msvc__folder_get_version,
    msvc__folder_latest_version, msvc__folder_branches, msvc__folder_put_branch,
    msvc__folder_delete_branch, msvc__folder_put_tag, msvc__folder_delete_tag,
    msvc__folder_environments, msvc__folder_add_environment, msvc__folder_get_environment,
    msvc__folder_change_environment, msvc__folder_delete_environment, msvc__folder_deploy,
    msvc__folder_release, msvc__folder_deployed, msvc__folder_released, msvc__folder_undeploy,
    msvc__folder_end_support;

/* {"error":…} with that status. */
MSVC_PRINTF(3, 4)
json_t *msvc__folder_refuse(struct msvc__folder_call *call, int status, const char *format, ...);
/* The same for what a function below returned. */
json_t *msvc__folder_fail(struct msvc__folder_call *call, const struct msvc_error *err);
/* A name from the path or the query; NULL when there is none. */
const char *msvc__folder_name(const struct msvc__folder_call *call, const char *name);
/* The body as an object; NULL when it was refused. */
json_t *msvc__folder_body(struct msvc__folder_call *call, json_t **refusal);
/* Now, RFC 3339 in seconds; a new reference. */
json_t *msvc__folder_now(const struct msvc__folder_call *call);
/* {"href":"/a/b"}: each "%" in the path takes a name, encoded. A new reference. */
json_t *msvc__folder_link(const char *path, const char *const *names);
#define MSVC__LINK(path, ...) msvc__folder_link((path), MSVC__PARTS(__VA_ARGS__))
const char *msvc__folder_text(const json_t *object, const char *name); /* NULL: no such text */
/* Whether a member is that text; NULL: is not there. */
bool msvc__folder_same(const json_t *object, const char *name, const char *wanted);

/* Files. Parts are joined, each encoded so that it can be a file's name; ended by NULL. */

/* The path below the folder. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__folder_path(struct msvc_buffer *out, const struct msvc_pact_folder *folder,
                      const char *const *parts, const char *suffix);
/* Read a file; *out stays NULL when there is none. Returns 0, MSVC_ERR_MALFORMED and so on. */
int msvc__folder_read(json_t **out, const struct msvc_pact_folder *folder, const char *const *parts,
                      struct msvc_error *err);
int msvc__folder_read_text(struct msvc_buffer *out, const struct msvc_pact_folder *folder,
                           const char *const *parts, struct msvc_error *err);
bool msvc__folder_has(const struct msvc_pact_folder *folder, const char *const *parts);
/* Write a file, folders included. */
int msvc__folder_write(const struct msvc_pact_folder *folder, const char *const *parts,
                       const json_t *value, struct msvc_error *err);
int msvc__folder_write_text(const struct msvc_pact_folder *folder, const char *const *parts,
                            const struct msvc_buffer *text, struct msvc_error *err);
int msvc__folder_remove(const struct msvc_pact_folder *folder, const char *const *parts,
                        struct msvc_error *err);
/* The names in a folder, decoded and sorted, as an array of texts; empty when it is not there.
 * NULL when out of memory. */
json_t *msvc__folder_list(const struct msvc_pact_folder *folder, const char *const *parts);

#define MSVC__PARTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Participants and versions. */

/* A new reference; NULL with 0 when there is none. */
int msvc__participant_read(json_t **out, const struct msvc_pact_folder *folder, const char *name,
                           struct msvc_error *err);
/* The same, made when it is not there. */
int msvc__participant_ensure(json_t **out, const struct msvc_pact_folder *folder, const char *name,
                             struct msvc_error *err);
int msvc__participant_write(const struct msvc_pact_folder *folder, const json_t *participant,
                            struct msvc_error *err);
/* Borrowed; NULL when there is none. */
json_t *msvc__version_find(const json_t *participant, const char *number);
/* Borrowed; added at the end when it is new. NULL when out of memory. */
json_t *msvc__version_ensure(struct msvc__folder_call *call, json_t *participant,
                             const char *number);
/* Whether the list "branches" or "tags" of a version has the name; add it. */
bool msvc__version_has(const json_t *version, const char *list, const char *name);
int msvc__version_add(json_t *version, const char *list, const char *name);

/* Environments. */

/* All, an array; NULL when one cannot be read. */
json_t *msvc__environments_read(const struct msvc_pact_folder *folder, struct msvc_error *err);
/* Whether a version is in the list "deployed" or "released" of an environment (NULL: of any). */
bool msvc__environment_has(const json_t *environments, const char *environment, const char *list,
                           const char *participant, const char *version);

/* The environment of the request, a new reference; NULL when there is none, which was refused. */
json_t *msvc__environment_known(struct msvc__folder_call *call, json_t **refusal);
/* Write it, and answer with it. */
json_t *msvc__environment_save(struct msvc__folder_call *call, const json_t *environment);

/* Pacts and results. */

/* The id of what a pact asks for. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__pact_identify(char out[MSVC__CONTENT_ID_SIZE], const struct msvc_json *root);
/* The same of a text. Returns 0 or what the JSON reader returns. */
int msvc__pact_content_id(char out[MSVC__CONTENT_ID_SIZE], const char *text, size_t length,
                          struct msvc_error *err);
/* The same of the pact in a file; "" when there is none. */
int msvc__pact_id_of(char out[MSVC__CONTENT_ID_SIZE], const struct msvc_pact_folder *folder,
                     const char *consumer, const char *version, const char *provider,
                     struct msvc_error *err);
bool msvc__pact_exists(const struct msvc_pact_folder *folder, const char *consumer,
                       const char *version, const char *provider);
/* 1 when the provider's version keeps it, 0 when not, -1 when nobody knows. */
int msvc__result_of(const struct msvc_pact_folder *folder, const char *provider,
                    const char *version, const char *consumer, const char *id);

#endif
