/* SPDX-License-Identifier: MIT */
/* Pacts to look at, one or a list. */
#include <msvc/contract_broker_admin.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/broker/broker_internal.h"

static const struct msvc__broker_call get = { .needs_json = true };

int msvc_pact_broker_latest_pacts(struct msvc_pact_broker *broker, const char *provider,
                                  const char *tag, struct msvc_pact_broker_reply **out,
                                  struct msvc_error *err)
{
    const char *relation = tag == NULL ? "pb:latest-pact-versions" : "pb:tagged-pact-versions";

    if (broker == NULL || out == NULL)
        return msvc__broker_invalid(err, "a broker, found NULL");
    if (provider != NULL)
        relation = tag == NULL ? "pb:latest-provider-pacts" : "pb:latest-provider-pacts-with-tag";
    return msvc__broker_go(
        out, broker, relation,
        MSVC__PARAMS({ "provider", provider != NULL ? provider : "" }, { "tag", tag }), &get, err);
}

/* No relation leads to the pact of two participants. */
int msvc_pact_broker_pact(struct msvc_pact_broker *broker, const char *consumer,
                          const char *provider, const char *version, const char *tag,
                          struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    const char *last = version != NULL ? version : tag;
    int status;

    if (broker == NULL || consumer == NULL || provider == NULL || out == NULL)
        return msvc__broker_invalid(err, "a consumer and a provider");
    msvc_buffer_text(&target, "/pacts/provider/");
    msvc__broker_encode(&target, provider);
    msvc_buffer_text(&target, "/consumer/");
    msvc__broker_encode(&target, consumer);
    msvc_buffer_text(&target, version != NULL ? "/version" : "/latest");
    msvc_buffer_text(&target, last != NULL ? "/" : "");
    msvc__broker_encode(&target, last != NULL ? last : "");
    status = msvc_buffer_status(&target) < 0
                 ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
                 : msvc__broker_send(out, broker,
                                     &(struct msvc__broker_call){ .target = target.data,
                                                                  .accept = MSVC__HAL_OR_JSON,
                                                                  .needs_json = true },
                                     err);
    msvc_buffer_clear(&target);
    return status;
}
