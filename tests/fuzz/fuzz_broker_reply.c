/* SPDX-License-Identifier: MIT */
/* Whatever a broker answers, as its index and to every call, there is a result or a reason. */
#include <string.h>

#include <msvc/contract_broker.h>
#include <msvc/contract_broker_admin.h>
#include <msvc/contract_deploy.h>
#include <msvc/contract_webhook.h>
#include <msvc/error.h>
#include <msvc/http.h>

#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "{\"_links\":{\"pb:pacticipant\":{\"href\":\"http://h/p/{pacticipant}\"},\"pb:branches\":{"
    "\"href\":\"http://h/b\"},\"pb:environments\":[{\"name\":\"test\",\"href\":\"/e/1\"}],"
    "\"self\":{\"href\":\"/s\"},\"pb:provider-pacts-for-verification\":{\"href\":"
    "\"/v/{provider}\"},\"pb:webhook\":{\"href\":\"/w/{uuid}\"},\"pb:execute\":{\"href\":\"x\"},"
    "\"pb:currently-deployed-deployed-versions\":{\"href\":\"/d?a=1\"}},\"_embedded\":{\"pacts\":["
    "{\"shortDescription\":\"latest\",\"verificationProperties\":{\"pending\":true,\"notices\":[{"
    "\"when\":\"before_verification\",\"text\":\"x\"}]},\"_links\":{\"self\":{\"href\":"
    "\"http://h/x\"}}}],\"deployedVersions\":[{\"applicationInstance\":\"blue\",\"_links\":{"
    "\"self\":{\"href\":\"/d/1\"}}}]}}",
    "{\"summary\":{\"deployable\":null,\"reason\":\"r\"},\"matrix\":[{\"consumer\":{\"name\":\"a\","
    "\"version\":{\"number\":\"1\"}},\"provider\":{\"name\":\"b\"},\"verificationResult\":{"
    "\"success\":true},\"ignored\":true}],\"notices\":[{\"text\":\"t\"}]}",
    "{\"errors\":{\"a\":[\"is missing\",\"x\"],\"b\":\"c\"},\"error\":{\"message\":\"m\"},"
    "\"logs\":[{\"message\":\"l\"}],\"detail\":\"d\"}",
    "<html>502</html>",
    NULL,
};

struct answering {
    struct msvc_http_transport transport;
    const uint8_t *data;
    size_t size;
    int status;
};

static int answer(struct msvc_http_transport *self, const struct msvc_http_request_options *request,
                  struct msvc_http_answer **out, struct msvc_error *err)
{
    const struct answering *a = (const struct answering *)self;

    (void)err;
    FUZZ_CHECK(request->target[0] == '/' && strpbrk(request->target, " \r\n\t{}") == NULL);
    return msvc_http_answer_new(out, a->status, NULL, a->data, a->size);
}

static void nothing(struct msvc_http_transport *self)
{
    (void)self;
}

static void check(int status, const struct msvc_error *err, struct msvc_pact_broker_reply *reply)
{
    FUZZ_CHECK((status == 0) == (reply != NULL));
    FUZZ_CHECK(status == 0 || (err->status == status && err->message[0] != '\0'));
    FUZZ_CHECK(status == 0 || strstr(err->message, "hunter2") == NULL);
    for (size_t i = 0; i < msvc_pact_broker_notice_count(reply); i++)
        FUZZ_CHECK(msvc_pact_broker_notice(reply, i) != NULL);
    msvc_pact_broker_reply_free(reply);
}

static void fetch(struct msvc_pact_broker *broker, struct msvc_error *err)
{
    struct msvc_pact_list *list = NULL;

    if (msvc_pact_broker_fetch(broker, MSVC_PACT_SELECTION(.provider = "b"), &list, err) == 0) {
        for (size_t i = 0; i < msvc_pact_list_count(list); i++)
            FUZZ_CHECK(msvc_pact_list_at(list, i)->text != NULL);
    }
    msvc_pact_list_free(list);
}

static void ask(struct msvc_pact_broker *broker, struct msvc_error *err)
{
    static const struct msvc_pact_version all_of_a[] = { { .pacticipant = "a" },
                                                         { .pacticipant = NULL } };
    struct msvc_pact_matrix *matrix = NULL;
    int status = msvc_pact_broker_can_i_deploy(
        broker, MSVC_PACT_DEPLOYMENT_QUERY(.versions = all_of_a), &matrix, err);

    FUZZ_CHECK((status == 0) == (matrix != NULL));
    for (size_t i = 0; i < msvc_pact_matrix_count(matrix); i++)
        FUZZ_CHECK(msvc_pact_matrix_row(matrix, i)->consumer != NULL);
    msvc_pact_matrix_free(matrix);
}

static void call_all(struct msvc_pact_broker *broker)
{
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_error err;
    int status = msvc_pact_broker_branches(broker, "a", &reply, &err);

    check(status, &err, reply);
    reply = NULL;
    status = msvc_pact_broker_record(
        broker, MSVC_PACT_UNDEPLOYED,
        MSVC_PACT_DEPLOYMENT(.pacticipant = "a", .environment = "test", .instance = "blue"), &reply,
        &err);
    check(status, &err, reply);
    reply = NULL;
    status = msvc_pact_broker_test_webhook(broker, "u", &reply, &err);
    check(status, &err, reply);
    fetch(broker, &err);
    ask(broker, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct msvc_http_transport_ops ops = { sizeof(ops), answer, nothing };
    static const int statuses[] = { 200, 400 };

    for (size_t i = 0; i < 2; i++) {
        struct answering a = { { &ops }, data, size, statuses[i] };
        struct msvc_pact_broker *broker = NULL;

        FUZZ_CHECK(msvc_pact_broker_new(&broker, &a.transport,
                                        MSVC_PACT_BROKER_OPTIONS(.token = "hunter2"), NULL) == 0);
        call_all(broker);
        msvc_pact_broker_free(broker);
    }
    return 0;
}
