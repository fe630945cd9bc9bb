/* SPDX-License-Identifier: MIT */
/* header "." claims "." signature, each in base64url. */
#include "jwt/key_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

static bool append_json(struct msvc_buffer *out, const json_t *json)
{
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

    if (text == NULL)
        return false;
    msvc__base64url_write(out, text, strlen(text));
    free(text);
    return true;
}

static int build(struct msvc_buffer *token, const struct msvc_jwt_key *key, const json_t *claims)
{
    json_t *header = json_pack("{s:s, s:s, s:s}", "alg", msvc__jwt_algorithm_name(key->algorithm),
                               "kid", key->id, "typ", "JWT");
    struct msvc_buffer signature = MSVC_BUFFER_INIT;
    bool ok = append_json(token, header);
    int status;

    json_decref(header);
    msvc_buffer_byte(token, '.');
    ok = ok && append_json(token, claims);
    if (!ok || msvc_buffer_status(token) < 0)
        return ok ? msvc_buffer_status(token) : MSVC_ERR_NOMEM;
    status =
        msvc__jwt_make_signature(&signature, key->pkey, key->algorithm, token->data, token->length);
    if (status == 0) {
        msvc_buffer_byte(token, '.');
        msvc__base64url_write(token, signature.data, signature.length);
        status = msvc_buffer_status(token);
    }
    msvc_buffer_clear(&signature);
    return status;
}

int msvc_jwt_sign(struct msvc_buffer *out, const struct msvc_jwt_key *key,
                  const struct json_t *claims, struct msvc_error *err)
{
    struct msvc_buffer token = { .limit = MSVC_JWT_TOKEN_MAX };
    int status;

    if (out == NULL || key == NULL || !json_is_object(claims))
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0,
                              "expected a key, and claims that are an object");
    status = build(&token, key, claims);
    if (status == 0)
        msvc_buffer_bytes(out, token.data, token.length);
    msvc_buffer_clear(&token);
    if (status == 0)
        status = msvc_buffer_status(out);
    if (status < 0)
        return msvc_error_set(err, status, "jwt", 0, "token: %s", msvc_status_text(status));
    return 0;
}
