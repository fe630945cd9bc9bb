/* SPDX-License-Identifier: MIT */
/*
 * Public keys as JSON (RFC 7517, 7518 section 6, 8037). The verifier's
 * algorithm decides what kind of key is looked for; a key of another kind is
 * as good as absent.
 */
#include "jwt/jwt_internal.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <msvc/buffer.h>

#define P256_COORDINATE 32
#define ED25519_SIZE    32
#define RSA_BITS_LEAST  2048
#define RSA_BYTES_MOST  1024

static json_t *text_of(const void *bytes, size_t length)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    json_t *json = NULL;

    msvc__base64url_write(&text, bytes, length);
    if (msvc_buffer_status(&text) == 0)
        json = json_stringn(text.data, text.length);
    msvc_buffer_clear(&text);
    return json;
}

static json_t *ec_public(EVP_PKEY *key)
{
    unsigned char point[1 + 2 * P256_COORDINATE];
    size_t length = 0;

    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                        &length) != 1 ||
        length != sizeof(point))
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:o}", "crv", "P-256", "kty", "EC", "x",
                     text_of(point + 1, P256_COORDINATE), "y",
                     text_of(point + 1 + P256_COORDINATE, P256_COORDINATE));
}

static json_t *ed25519_public(EVP_PKEY *key)
{
    unsigned char bytes[ED25519_SIZE];
    size_t length = sizeof(bytes);

    if (EVP_PKEY_get_raw_public_key(key, bytes, &length) != 1)
        return NULL;
    return json_pack("{s:s, s:s, s:o}", "crv", "Ed25519", "kty", "OKP", "x",
                     text_of(bytes, length));
}

json_t *msvc__jwk_public(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "EC") ? ec_public(key) : ed25519_public(key);
}

static bool has_text(const json_t *jwk, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(jwk, name));

    return text != NULL && strcmp(text, expected) == 0;
}

static bool read_bytes(struct msvc_buffer *out, const json_t *jwk, const char *name)
{
    const json_t *text = json_object_get(jwk, name);

    return json_is_string(text) &&
           msvc__base64url_read(out, json_string_value(text), json_string_length(text));
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY *key = NULL;

    if (context == NULL || parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *read_ec(const json_t *jwk)
{
    struct msvc_buffer point = MSVC_BUFFER_INIT;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    msvc_buffer_byte(&point, 4); /* uncompressed */
    if (build != NULL && has_text(jwk, "crv", "P-256") && read_bytes(&point, jwk, "x") &&
        point.length == 1 + P256_COORDINATE && read_bytes(&point, jwk, "y") &&
        point.length == 1 + 2 * P256_COORDINATE &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data,
                                         point.length) == 1)
        key = key_from("EC", build);
    OSSL_PARAM_BLD_free(build);
    msvc_buffer_clear(&point);
    return key;
}

static EVP_PKEY *read_ed25519(const json_t *jwk)
{
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    EVP_PKEY *key = NULL;

    if (has_text(jwk, "crv", "Ed25519") && read_bytes(&bytes, jwk, "x") &&
        bytes.length == ED25519_SIZE)
        key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)bytes.data,
                                          bytes.length);
    msvc_buffer_clear(&bytes);
    return key;
}

static BIGNUM *number_of(const struct msvc_buffer *bytes)
{
    return BN_bin2bn((const unsigned char *)bytes->data, (int)bytes->length, NULL);
}

static EVP_PKEY *read_rsa(const json_t *jwk)
{
    struct msvc_buffer n = MSVC_BUFFER_INIT;
    struct msvc_buffer e = MSVC_BUFFER_INIT;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = NULL;
    BIGNUM *exponent = NULL;
    EVP_PKEY *key = NULL;

    if (read_bytes(&n, jwk, "n") && read_bytes(&e, jwk, "e") && n.length <= RSA_BYTES_MOST &&
        e.length <= 8) {
        modulus = number_of(&n);
        exponent = number_of(&e);
    }
    if (build != NULL && modulus != NULL && exponent != NULL &&
        BN_num_bits(modulus) >= RSA_BITS_LEAST && BN_is_odd(exponent) && !BN_is_one(exponent) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        key = key_from("RSA", build);
    BN_free(exponent);
    BN_free(modulus);
    OSSL_PARAM_BLD_free(build);
    msvc_buffer_clear(&e);
    msvc_buffer_clear(&n);
    return key;
}

/* Absent, or exactly that (RFC 7517 sections 4.2 to 4.4). */
static bool allows(const json_t *jwk, const char *name, const char *expected)
{
    return json_object_get(jwk, name) == NULL || has_text(jwk, name, expected);
}

static bool may_verify(const json_t *jwk)
{
    const json_t *operations = json_object_get(jwk, "key_ops");
    const json_t *operation;
    size_t i;

    if (operations == NULL)
        return true;
    json_array_foreach(operations, i, operation)
    {
        if (json_is_string(operation) && strcmp(json_string_value(operation), "verify") == 0)
            return true;
    }
    return false;
}

static EVP_PKEY *read_key(const json_t *jwk, enum msvc_jwt_algorithm algorithm)
{
    if (algorithm == MSVC_JWT_ES256 && has_text(jwk, "kty", "EC"))
        return read_ec(jwk);
    if (algorithm == MSVC_JWT_EDDSA && has_text(jwk, "kty", "OKP"))
        return read_ed25519(jwk);
    if (algorithm == MSVC_JWT_RS256 && has_text(jwk, "kty", "RSA"))
        return read_rsa(jwk);
    return NULL;
}

EVP_PKEY *msvc__jwk_read(const json_t *jwk, enum msvc_jwt_algorithm algorithm)
{
    EVP_PKEY *key;

    if (!allows(jwk, "use", "sig") || !allows(jwk, "alg", msvc__jwt_algorithm_name(algorithm)) ||
        !may_verify(jwk))
        return NULL;
    (void)ERR_set_mark(); /* a wrong key leaves nothing behind in the thread's error queue */
    key = read_key(jwk, algorithm);
    (void)ERR_pop_to_mark();
    return key;
}
