/* SPDX-License-Identifier: MIT */
/*
 * Everything about a token is compared with what the verifier was told; the
 * token chooses nothing but which of the issuer's keys to try. The signature
 * is checked before a single claim is looked at.
 */
#include "jwt/jwt_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define NS_PER_S 1000000000

struct msvc_jwt_verifier {
    struct msvc_jwt_verifier_options options; /* constant after new() */
    char *issuer;
    char *audience;
    struct msvc__key_set *keys;
};

/* The three parts of a token; borrowed from it. */
struct parts {
    const char *text; /* header "." claims */
    size_t header_length;
    size_t claims_length;
    const char *signature;
    size_t signature_length;
};

static int refuse(struct msvc_error *err, const char *reason)
{
    return msvc_error_set(err, MSVC_ERR_AUTH, "jwt", 0, "%s", reason);
}

static int malformed(struct msvc_error *err, const char *reason)
{
    return msvc_error_set(err, MSVC_ERR_MALFORMED, "jwt", 0, "%s", reason);
}

static void set_default(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

static bool is_complete(const struct msvc_jwt_verifier_options *o)
{
    return msvc__jwt_algorithm_name(o->algorithm) != NULL && o->issuer != NULL &&
           o->audience != NULL && o->fetch != NULL && o->leeway_ms <= 300000;
}

int msvc_jwt_verifier_new(struct msvc_jwt_verifier **out,
                          const struct msvc_jwt_verifier_options *options, struct msvc_error *err)
{
    struct msvc_jwt_verifier_options o;
    struct msvc_jwt_verifier *v;
    int status = msvc__options_copy(&o, sizeof(o), options);

    if (status == 0 && (out == NULL || !is_complete(&o)))
        status = MSVC_ERR_INVALID;
    if (status < 0)
        return msvc_error_set(
            err, status, "jwt", 0,
            "expected algorithm, issuer, audience, fetch, and a leeway of at most 300000 ms");
    set_default(&o.leeway_ms, 30000);
    set_default(&o.refresh_ms, 300000);
    set_default(&o.refetch_least_ms, 30000);
    set_default(&o.stale_most_ms, 3600000);
    v = msvc__new(sizeof(*v));
    if (v == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "jwt", 0, "no memory for a verifier");
    v->options = o;
    v->issuer = msvc__copy_text(o.issuer);
    v->audience = msvc__copy_text(o.audience);
    if (v->issuer == NULL || v->audience == NULL || msvc__key_set_new(&v->keys, &v->options) < 0) {
        msvc_jwt_verifier_free(v);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "jwt", 0, "no memory for a verifier");
    }
    *out = v;
    return 0;
}

void msvc_jwt_verifier_free(struct msvc_jwt_verifier *v)
{
    if (v == NULL)
        return;
    msvc__key_set_free(v->keys);
    free(v->issuer);
    free(v->audience);
    free(v);
}

static bool split(struct parts *out, const char *token, size_t length)
{
    const char *first = memchr(token, '.', length);
    const char *second;

    if (first == NULL)
        return false;
    second = memchr(first + 1, '.', length - (size_t)(first + 1 - token));
    if (second == NULL)
        return false;
    out->text = token;
    out->header_length = (size_t)(first - token);
    out->claims_length = (size_t)(second - first - 1);
    out->signature = second + 1;
    out->signature_length = length - (size_t)(second + 1 - token);
    return memchr(out->signature, '.', out->signature_length) == NULL;
}

/* NULL when it is no base64url of a JSON object. */
static json_t *read_object(const char *text, size_t length)
{
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    json_t *json = NULL;

    if (msvc__base64url_read(&bytes, text, length) && bytes.length > 0)
        json = json_loadb(bytes.data, bytes.length, JSON_REJECT_DUPLICATES, NULL);
    msvc_buffer_clear(&bytes);
    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static bool is_type_of_a_token(const json_t *type)
{
    const char *text = json_string_value(type);

    if (type == NULL)
        return true;
    if (text == NULL)
        return false;
    if (strncasecmp(text, "application/", 12) == 0)
        text += 12;
    return strcasecmp(text, "JWT") == 0 || strcasecmp(text, "at+jwt") == 0;
}

static int check_header(const struct msvc_jwt_verifier *v, const json_t *header,
                        struct msvc_error *err)
{
    static const char *const foreign[] = { "jku", "jwk", "x5u", "x5c" };
    const char *algorithm = json_string_value(json_object_get(header, "alg"));

    if (algorithm == NULL || strcmp(algorithm, msvc__jwt_algorithm_name(v->options.algorithm)) != 0)
        return refuse(err, "the token's algorithm is not the one expected");
    if (json_object_get(header, "crit") != NULL || json_object_get(header, "b64") != NULL)
        return refuse(err, "the token asks for extensions that are not supported");
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (json_object_get(header, foreign[i]) != NULL)
            return refuse(err, "the token brings its own key");
    }
    if (!is_type_of_a_token(json_object_get(header, "typ")))
        return refuse(err, "the token is of another type");
    if (json_string_value(json_object_get(header, "kid")) == NULL)
        return refuse(err, "the token names no key");
    return 0;
}

static int check_signature(struct msvc_jwt_verifier *v, const json_t *header,
                           const struct parts *parts, struct msvc_error *err)
{
    struct msvc_buffer signature = MSVC_BUFFER_INIT;
    EVP_PKEY *key;
    int status;

    if (!msvc__base64url_read(&signature, parts->signature, parts->signature_length)) {
        msvc_buffer_clear(&signature);
        return malformed(err, "the signature is no base64url");
    }
    status =
        msvc__key_set_find(v->keys, json_string_value(json_object_get(header, "kid")), &key, err);
    if (status == 0) {
        if (!msvc__jwt_check_signature(key, v->options.algorithm, parts->text,
                                       parts->header_length + 1 + parts->claims_length,
                                       (const unsigned char *)signature.data, signature.length))
            status = refuse(err, "the signature is wrong");
        EVP_PKEY_free(key);
    }
    msvc_buffer_clear(&signature);
    return status;
}

static bool has_audience(const json_t *audience, const char *ours)
{
    const json_t *one;
    size_t i;

    if (json_is_string(audience))
        return strcmp(json_string_value(audience), ours) == 0;
    json_array_foreach(audience, i, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), ours) == 0)
            return true;
    }
    return false;
}

static int check_times(const struct msvc_jwt_verifier *v, const json_t *claims,
                       struct msvc_error *err)
{
    double now = (double)msvc_clock_wall_ns(v->options.clock) / NS_PER_S;
    double leeway = v->options.leeway_ms / 1000.0;
    const json_t *expiry = json_object_get(claims, "exp");
    const json_t *begin = json_object_get(claims, "nbf");
    const json_t *issued = json_object_get(claims, "iat");

    if (!json_is_number(expiry))
        return refuse(err, "the token has no expiry");
    if (now >= json_number_value(expiry) + leeway)
        return refuse(err, "the token has expired");
    if (begin != NULL && (!json_is_number(begin) || now < json_number_value(begin) - leeway))
        return refuse(err, "the token is not valid yet");
    if (issued != NULL && !json_is_number(issued))
        return refuse(err, "the token's time of issue is no number");
    return 0;
}

static int check_claims(const struct msvc_jwt_verifier *v, const json_t *claims,
                        struct msvc_error *err)
{
    const char *issuer = json_string_value(json_object_get(claims, "iss"));

    if (issuer == NULL || strcmp(issuer, v->issuer) != 0)
        return refuse(err, "the token is from another issuer");
    if (!has_audience(json_object_get(claims, "aud"), v->audience))
        return refuse(err, "the token is for another audience");
    return check_times(v, claims, err);
}

static int verify_parts(json_t **out, struct msvc_jwt_verifier *v, const struct parts *parts,
                        struct msvc_error *err)
{
    json_t *header = read_object(parts->text, parts->header_length);
    json_t *claims = NULL;
    int status;

    if (header == NULL)
        return malformed(err, "the token's header is no JSON object");
    status = check_header(v, header, err);
    if (status == 0)
        status = check_signature(v, header, parts, err);
    json_decref(header);
    if (status < 0)
        return status;

    claims = read_object(parts->text + parts->header_length + 1, parts->claims_length);
    if (claims == NULL)
        return malformed(err, "the token's claims are no JSON object");
    status = check_claims(v, claims, err);
    if (status == 0 && out != NULL)
        *out = json_incref(claims);
    json_decref(claims);
    return status;
}

int msvc_jwt_verify(struct json_t **claims, struct msvc_jwt_verifier *v, const char *token,
                    size_t length, struct msvc_error *err)
{
    struct parts parts;

    if (v == NULL || token == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0, "expected a verifier and a token");
    if (length > MSVC_JWT_TOKEN_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "jwt", 0,
                              "the token has %zu bytes, %d are the most", length,
                              MSVC_JWT_TOKEN_MAX);
    if (!split(&parts, token, length))
        return malformed(err, "a token has three parts");
    return verify_parts(claims, v, &parts, err);
}
