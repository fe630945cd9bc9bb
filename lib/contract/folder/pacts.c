/* SPDX-License-Identifier: MIT */
/* Pacts in and out. They are kept as they were published: their numbers may be of any length. */
#include "contract/folder/folder_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/http_router.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/pact_internal.h"
#include "message/base64_internal.h"

bool msvc__pact_exists(const struct msvc_pact_folder *folder, const char *consumer,
                       const char *version, const char *provider)
{
    return msvc__folder_has(folder, MSVC__PARTS("pacts", consumer, version, provider));
}

static const char *name_in(const struct msvc_json *root, const char *side)
{
    const char *name =
        msvc_json_string(msvc_json_member(msvc_json_member(root, side), "name"), NULL);

    return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL ? name : NULL;
}

/* The members but for links, which are the broker's. */
static int write_pact(struct msvc_buffer *out, const struct msvc_json *root)
{
    int status = 0;
    bool is_first = true;

    msvc_buffer_byte(out, '{');
    for (const struct msvc_json *one = msvc_json_first(root); status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        size_t length = 0;
        const char *name = msvc_json_name(one, &length);

        if (strcmp(name, "_links") == 0)
            continue;
        msvc_buffer_text(out, is_first ? "\n  " : ",\n  ");
        is_first = false;
        msvc__canonical_text(out, name, length);
        msvc_buffer_text(out, ": ");
        status = msvc__canonical_pretty(out, one, 1);
    }
    msvc_buffer_text(out, "\n}\n");
    return status < 0 || msvc_buffer_status(out) < 0 ? MSVC_ERR_NOMEM : 0;
}

/* Of the same version and other contents: what may not be replaced. */
static int check_conflict(const struct msvc_pact_folder *folder, const struct msvc_json *root,
                          const char *version, struct msvc_error *err)
{
    char old[MSVC__CONTENT_ID_SIZE];
    char new[MSVC__CONTENT_ID_SIZE];
    int status = msvc__pact_id_of(old, folder, name_in(root, "consumer"), version,
                                  name_in(root, "provider"), err);

    if (status < 0 || old[0] == '\0')
        return status;
    if (msvc__pact_identify(new, root) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
    if (strcmp(old, new) == 0)
        return 0;
    return msvc_error_set(err, MSVC_ERR_EXISTS, MSVC__FOLDER, 0,
                          "%s version %s has another pact with %s already: give a changed pact a "
                          "version of its own",
                          name_in(root, "consumer"), version, name_in(root, "provider"));
}

static int keep(const struct msvc_pact_folder *folder, const struct msvc_json *root,
                const char *version, bool may_overwrite, struct msvc_error *err)
{
    const char *consumer = name_in(root, "consumer");
    const char *provider = name_in(root, "provider");
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = 0;

    if (consumer == NULL || provider == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__FOLDER, 0,
                              "expected a pact with names of consumer and provider without slash");
    if (!may_overwrite)
        status = check_conflict(folder, root, version, err);
    if (status == 0 && write_pact(&text, root) < 0)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
    if (status == 0)
        status = msvc__folder_write_text(folder, MSVC__PARTS("pacts", consumer, version, provider),
                                         &text, err);
    msvc_buffer_clear(&text);
    return status;
}

/* The provider is a participant from now on, even if it has no version yet. */
static int know_provider(const struct msvc_pact_folder *folder, const struct msvc_json *root,
                         struct msvc_error *err)
{
    json_t *participant = NULL;
    const char *provider = name_in(root, "provider");
    int status = 0;

    if (!msvc__folder_has(folder, MSVC__PARTS("pacticipants", provider)))
        status = msvc__participant_ensure(&participant, folder, provider, err);
    if (participant != NULL)
        status = msvc__participant_write(folder, participant, err);
    json_decref(participant);
    return status;
}

static json_t *refuse(struct msvc__folder_call *call, const struct msvc_error *err)
{
    int code = err->status == MSVC_ERR_EXISTS                                       ? 409
               : err->status == MSVC_ERR_MALFORMED || err->status == MSVC_ERR_LIMIT ? 400
                                                                                    : 500;

    return msvc__folder_refuse(call, code, "%s", err->message);
}

static int keep_text(const struct msvc_pact_folder *folder, const char *text, size_t length,
                     const char *consumer, const char *version, bool may_overwrite,
                     struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc__pact_document(&document, text, length, err);
    const struct msvc_json *root = status == 0 ? msvc_json_root(document) : NULL;
    const char *own = name_in(root, "consumer");

    if (status == 0 && own != NULL && strcmp(own, consumer) != 0)
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__FOLDER, 0,
                                "a pact of \"%s\", expected one of \"%s\"", own, consumer);
    if (status == 0)
        status = keep(folder, root, version, may_overwrite, err);
    if (status == 0)
        status = know_provider(folder, root, err);
    msvc_json_free(document);
    return status;
}

/* Note the version with what is told about it. */
static int note_version(struct msvc__folder_call *call, const char *pacticipant, const char *number,
                        const json_t *told, struct msvc_error *err)
{
    json_t *participant = NULL;
    json_t *version;
    json_t *tag;
    size_t i;
    int status = msvc__participant_ensure(&participant, call->folder, pacticipant, err);

    if (status < 0)
        return status;
    version = msvc__version_ensure(call, participant, number);
    if (msvc__folder_text(told, "branch") != NULL)
        (void)msvc__version_add(version, "branches", msvc__folder_text(told, "branch"));
    json_array_foreach(json_object_get(told, "tags"), i, tag)
    {
        if (json_is_string(tag))
            (void)msvc__version_add(version, "tags", json_string_value(tag));
    }
    if (msvc__folder_text(told, "buildUrl") != NULL)
        (void)json_object_set(version, "buildUrl", json_object_get(told, "buildUrl"));
    status = msvc__participant_write(call->folder, participant, err);
    json_decref(participant);
    return status;
}

static int publish_one(struct msvc__folder_call *call, const json_t *contract, const char *consumer,
                       const char *version, struct msvc_error *err)
{
    const char *content = msvc__folder_text(contract, "content");
    const char *conflict = msvc__folder_text(contract, "onConflict");
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    if (content == NULL || !msvc__base64_decode(&text, content, strlen(content)))
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__FOLDER, 0,
                                "expected contracts[].content in base64");
    else
        status = keep_text(call->folder, text.data != NULL ? text.data : "", text.length, consumer,
                           version, conflict != NULL && strcmp(conflict, "overwrite") == 0, err);
    msvc_buffer_clear(&text);
    return status;
}

static json_t *published(const char *consumer, const char *version)
{
    return json_pack("{s:{s:{s:s}, s:{s:s}}, s:[{s:s, s:o}], s:{s:o}}", "_embedded", "pacticipant",
                     "name", consumer, "version", "number", version, "notices", "type", "success",
                     "text", json_sprintf("kept the pacts of %s version %s", consumer, version),
                     "_links", "pb:pacticipant-version",
                     MSVC__LINK("/pacticipants/%/versions/%", consumer, version));
}

json_t *msvc__folder_publish(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    const char *consumer = msvc__folder_text(body, "pacticipantName");
    const char *version = msvc__folder_text(body, "pacticipantVersionNumber");
    struct msvc_error err;
    json_t *contract;
    size_t i;

    if (body != NULL && (consumer == NULL || version == NULL || strchr(consumer, '/') != NULL ||
                         strchr(version, '/') != NULL))
        answer = msvc__folder_refuse(
            call, 400, "expected pacticipantName and pacticipantVersionNumber without a slash");
    if (answer == NULL && note_version(call, consumer, version, body, &err) < 0)
        answer = refuse(call, &err);
    json_array_foreach(json_object_get(body, "contracts"), i, contract)
    {
        if (answer == NULL && publish_one(call, contract, consumer, version, &err) < 0)
            answer = refuse(call, &err);
    }
    if (answer == NULL)
        answer = published(consumer, version);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_put_pact(struct msvc__folder_call *call)
{
    const char *consumer = msvc__folder_name(call, "consumer");
    const char *version = msvc__folder_name(call, "version");
    size_t length = 0;
    const char *text = msvc_http_body(call->exchange, &length);
    struct msvc_error err;

    if (note_version(call, consumer, version, NULL, &err) < 0 ||
        keep_text(call->folder, text, length, consumer, version, false, &err) < 0)
        return refuse(call, &err);
    call->status = 201;
    return published(consumer, version);
}

/* The file with links behind its last member. */
static json_t *serve(struct msvc__folder_call *call, const char *consumer, const char *version,
                     const char *provider)
{
    struct msvc_buffer *text = &call->text;
    struct msvc_error err;
    char id[MSVC__CONTENT_ID_SIZE];
    json_t *links;
    char *dump;
    int status = msvc__folder_read_text(text, call->folder,
                                        MSVC__PARTS("pacts", consumer, version, provider), &err);

    if (status == 0)
        status = msvc__pact_content_id(id, text->data, text->length, &err);
    if (status < 0) {
        msvc_buffer_clear(text);
        return status == MSVC_ERR_NOT_FOUND
                   ? msvc__folder_refuse(call, 404, "%s version %s has no pact with %s", consumer,
                                         version, provider)
                   : msvc__folder_fail(call, &err);
    }
    links =
        json_pack("{s:o, s:o}", "self",
                  MSVC__LINK("/pacts/provider/%/consumer/%/version/%", provider, consumer, version),
                  "pb:publish-verification-results",
                  MSVC__LINK("/pacts/provider/%/consumer/%/pact-version/%/verification-results",
                             provider, consumer, id));
    dump = json_dumps(links, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(links);
    while (text->length > 0 && text->data[text->length - 1] != '}')
        msvc_buffer_truncate(text, text->length - 1);
    msvc_buffer_truncate(text, text->length - 1);
    msvc_buffer_printf(text, ",\"_links\":%s}\n", dump != NULL ? dump : "{}");
    free(dump);
    return NULL;
}

json_t *msvc__folder_get_pact(struct msvc__folder_call *call)
{
    return serve(call, msvc__folder_name(call, "consumer"), msvc__folder_name(call, "version"),
                 msvc__folder_name(call, "provider"));
}

/* The number of the last version that has a pact with the provider (and the tag); a new reference.
 */
static json_t *find_latest(const struct msvc_pact_folder *folder, const char *consumer,
                           const char *provider, const char *tag)
{
    json_t *participant = NULL;
    json_t *latest = NULL;
    json_t *version;
    size_t i;

    if (msvc__participant_read(&participant, folder, consumer, NULL) < 0)
        return NULL;
    json_array_foreach(json_object_get(participant, "versions"), i, version)
    {
        const char *number = msvc__folder_text(version, "number");

        if (number != NULL && (tag == NULL || msvc__version_has(version, "tags", tag)) &&
            msvc__pact_exists(folder, consumer, number, provider))
            latest = json_object_get(version, "number");
    }
    json_incref(latest);
    json_decref(participant);
    return latest;
}

json_t *msvc__folder_latest_pact(struct msvc__folder_call *call)
{
    const char *consumer = msvc__folder_name(call, "consumer");
    const char *provider = msvc__folder_name(call, "provider");
    json_t *latest = find_latest(call->folder, consumer, provider, msvc__folder_name(call, "tag"));
    json_t *answer =
        latest != NULL
            ? serve(call, consumer, json_string_value(latest), provider)
            : msvc__folder_refuse(call, 404, "no such pact between %s and %s", consumer, provider);

    json_decref(latest);
    return answer;
}

static void add_latest(json_t *shown, const struct msvc_pact_folder *folder, const char *consumer,
                       const char *provider, const char *tag)
{
    json_t *latest = find_latest(folder, consumer, provider, tag);
    const char *number = json_string_value(latest);
    json_t *link;

    if (latest == NULL)
        return;
    link = MSVC__LINK("/pacts/provider/%/consumer/%/version/%", provider, consumer, number);
    (void)json_object_set_new(link, "name", json_string(consumer));
    (void)json_object_set_new(
        link, "title", json_sprintf("Pact between %s (%s) and %s", consumer, number, provider));
    (void)json_array_append_new(shown, link);
    json_decref(latest);
}

json_t *msvc__folder_latest_pacts(struct msvc__folder_call *call)
{
    const char *provider = msvc__folder_name(call, "provider");
    const char *tag = msvc__folder_name(call, "tag");
    json_t *consumers = msvc__folder_list(call->folder, MSVC__PARTS("pacts"));
    json_t *providers = provider != NULL
                            ? json_pack("[s]", provider)
                            : msvc__folder_list(call->folder, MSVC__PARTS("pacticipants"));
    json_t *shown = json_array();
    json_t *a;
    json_t *b;
    size_t i;
    size_t k;

    json_array_foreach(consumers, i, a)
    {
        json_array_foreach(providers, k, b)
            add_latest(shown, call->folder, json_string_value(a), json_string_value(b), tag);
    }
    json_decref(providers);
    json_decref(consumers);
    return json_pack("{s:{s:o}}", "_links", "pb:pacts", shown);
}
