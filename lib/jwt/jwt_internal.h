/* SPDX-License-Identifier: MIT */
/* What signing and verifying share. */
#ifndef MSVC_JWT_JWT_INTERNAL_H
#define MSVC_JWT_JWT_INTERNAL_H

#include <jansson.h>
#include <openssl/evp.h>

#include <msvc/jwt.h>

struct msvc_buffer;

/* A raw ES256 signature is r and s, 32 bytes each (RFC 7518 section 3.4); Ed25519's has 64, too. */
#define MSVC__SIGNATURE_SIZE 64

/* "ES256", "EdDSA", "RS256"; NULL for anything else. */
const char *msvc__jwt_algorithm_name(enum msvc_jwt_algorithm algorithm);

/* base64url.c: without padding, RFC 4648 section 5. */
void msvc__base64url_write(struct msvc_buffer *out, const void *bytes, size_t length);
/*
 * Append the bytes. False for anything but the one canonical encoding, or when
 * out of memory (then the buffer's status says so).
 */
bool msvc__base64url_read(struct msvc_buffer *out, const char *text, size_t length);

/* jwk.c: public keys as JSON. */

/* NULL when out of memory. Only the members that RFC 7638 hashes, in its order. */
json_t *msvc__jwk_public(EVP_PKEY *key);
/* A key for the algorithm; NULL when the JWK is of another kind, too weak, not for signatures, or
 * wrong. */
EVP_PKEY *msvc__jwk_read(const json_t *jwk, enum msvc_jwt_algorithm algorithm);

/* signature.c */

/* The raw signature of a JWS. 0 or a status. */
int msvc__jwt_make_signature(struct msvc_buffer *out, EVP_PKEY *key,
                             enum msvc_jwt_algorithm algorithm, const char *text, size_t length);
bool msvc__jwt_check_signature(EVP_PKEY *key, enum msvc_jwt_algorithm algorithm, const char *text,
                               size_t length, const unsigned char *signature,
                               size_t signature_length);

/* key_set.c: the issuer's keys as the verifier knows them. */
struct msvc__key_set;

int msvc__key_set_new(struct msvc__key_set **out, const struct msvc_jwt_verifier_options *options);
void msvc__key_set_free(struct msvc__key_set *set);
/* The key with that id, to be EVP_PKEY_free()d. 0, AUTH (no such key), UNAVAILABLE, NOMEM. */
int msvc__key_set_find(struct msvc__key_set *set, const char *kid, EVP_PKEY **out,
                       struct msvc_error *err);

#endif
