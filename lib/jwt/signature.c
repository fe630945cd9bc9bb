/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL speaks DER for ECDSA, a JWS has the two numbers side by side; the
 * conversion is the only thing here that is not one call.
 */
#include "jwt/jwt_internal.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#define HALF    (MSVC__SIGNATURE_SIZE / 2)
#define DER_MAX 80

const char *msvc__jwt_algorithm_name(enum msvc_jwt_algorithm algorithm)
{
    switch (algorithm) {
    case MSVC_JWT_ES256:
        return "ES256";
    case MSVC_JWT_EDDSA:
        return "EdDSA";
    case MSVC_JWT_RS256:
        return "RS256";
    }
    return NULL;
}

/* Ed25519 hashes by itself. */
static const EVP_MD *digest_of(enum msvc_jwt_algorithm algorithm)
{
    return algorithm == MSVC_JWT_EDDSA ? NULL : EVP_sha256();
}

static bool der_to_raw(unsigned char raw[MSVC__SIGNATURE_SIZE], const unsigned char *der,
                       size_t length)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
    bool ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, HALF) == HALF &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + HALF, HALF) == HALF;

    ECDSA_SIG_free(pair);
    return ok;
}

/* Bytes of DER, 0 when out of memory. */
static size_t raw_to_der(unsigned char der[DER_MAX], const unsigned char *raw)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, HALF, NULL);
    BIGNUM *s = BN_bin2bn(raw + HALF, HALF, NULL);
    unsigned char *end = der;
    int length = 0;

    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        length = i2d_ECDSA_SIG(pair, &end);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return length > 0 ? (size_t)length : 0;
}

int msvc__jwt_make_signature(struct msvc_buffer *out, EVP_PKEY *key,
                             enum msvc_jwt_algorithm algorithm, const char *text, size_t length)
{
    unsigned char made[DER_MAX];
    unsigned char raw[MSVC__SIGNATURE_SIZE];
    size_t made_length = sizeof(made);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int ok = context != NULL &&
             EVP_DigestSignInit(context, NULL, digest_of(algorithm), NULL, key) == 1 &&
             EVP_DigestSign(context, made, &made_length, (const unsigned char *)text, length) == 1;

    EVP_MD_CTX_free(context);
    if (!ok)
        return MSVC_ERR_INTERNAL;
    if (algorithm == MSVC_JWT_EDDSA) {
        msvc_buffer_bytes(out, made, made_length);
    } else {
        if (!der_to_raw(raw, made, made_length))
            return MSVC_ERR_INTERNAL;
        msvc_buffer_bytes(out, raw, sizeof(raw));
    }
    return msvc_buffer_status(out);
}

bool msvc__jwt_check_signature(EVP_PKEY *key, enum msvc_jwt_algorithm algorithm, const char *text,
                               size_t length, const unsigned char *signature,
                               size_t signature_length)
{
    unsigned char der[DER_MAX];
    EVP_MD_CTX *context;
    int ok;

    if (algorithm != MSVC_JWT_RS256 && signature_length != MSVC__SIGNATURE_SIZE)
        return false;
    if (algorithm == MSVC_JWT_ES256) {
        signature_length = raw_to_der(der, signature);
        signature = der;
    }
    (void)ERR_set_mark(); /* a wrong signature leaves nothing behind in the thread's error queue */
    context = EVP_MD_CTX_new();
    ok = signature_length > 0 && context != NULL &&
         EVP_DigestVerifyInit(context, NULL, digest_of(algorithm), NULL, key) == 1 &&
         EVP_DigestVerify(context, signature, signature_length, (const unsigned char *)text,
                          length) == 1;
    EVP_MD_CTX_free(context);
    (void)ERR_pop_to_mark();
    return ok;
}
