/* SPDX-License-Identifier: MIT */
/**
 * @file jwt.h
 *
 * JSON Web Tokens (RFC 7519, 7515, 7517): sign them with one key, verify them
 * with a key set that rotates. What a token may look like is fixed by the
 * verifier and never by the token: one algorithm, one issuer, one audience, an
 * expiry. `none`, foreign key types, `crit`, and keys inside the token are refused.
 *
 *     msvc_jwt_sign(&token, key, claims, &err);
 *
 *     msvc_jwt_verifier_new(&verifier, MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_ES256,
 *         .issuer = "user-service", .audience = "orders", .fetch = get_key_set), &err);
 *     msvc_jwt_verify(&claims, verifier, token.data, token.length, &err);
 */
#ifndef MSVC_JWT_H
#define MSVC_JWT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct json_t;
struct msvc_buffer;
struct msvc_clock;
struct msvc_error;

/** Longest token that is looked at, and longest key set, in bytes. */
#define MSVC_JWT_TOKEN_MAX   8192
#define MSVC_JWT_KEY_SET_MAX 65536

enum msvc_jwt_algorithm {
    MSVC_JWT_ES256 = 1, /**< ECDSA on P-256 with SHA-256. */
    MSVC_JWT_EDDSA,     /**< Ed25519 (RFC 8037). */
    MSVC_JWT_RS256,     /**< RSA of at least 2048 bits with SHA-256; verified only. */
};

/** A private key. Immutable. Threading: safe. */
struct msvc_jwt_key;

/** @param algorithm  ES256 or EdDSA. @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED,
 * #MSVC_ERR_NOMEM or #MSVC_ERR_INTERNAL. */
MSVC_API MSVC_MUST_USE int msvc_jwt_key_generate(struct msvc_jwt_key **out,
                                                 enum msvc_jwt_algorithm algorithm,
                                                 struct msvc_error *err);

/** Read an unencrypted private key in PEM, at most 64 KiB: P-256 signs ES256, Ed25519 signs EdDSA.
 * Never asks for a password. @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_MALFORMED,
 * #MSVC_ERR_UNSUPPORTED (another kind of key) or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_jwt_key_from_pem(struct msvc_jwt_key **out, const char *pem,
                                                 size_t length, struct msvc_error *err);

/** Append the private key as PKCS#8 PEM: a secret. @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_NOMEM or
 * what the buffer says. */
MSVC_API MSVC_MUST_USE int msvc_jwt_key_to_pem(struct msvc_buffer *out,
                                               const struct msvc_jwt_key *key,
                                               struct msvc_error *err);
MSVC_API void msvc_jwt_key_free(struct msvc_jwt_key *key);

/** The key's id: its RFC 7638 thumbprint. Borrowed. */
MSVC_API const char *msvc_jwt_key_id(const struct msvc_jwt_key *key);

/** Append a JWK Set with the public halves. @param keys  Ended by NULL. @return 0,
 * #MSVC_ERR_INVALID, #MSVC_ERR_NOMEM or what the buffer says. */
MSVC_API MSVC_MUST_USE int msvc_jwt_key_set(struct msvc_buffer *out,
                                            const struct msvc_jwt_key *const *keys,
                                            struct msvc_error *err);

/**
 * Append a signed token in compact form, its header {"alg", "kid", "typ":"JWT"}.
 *
 * @param claims  Borrowed; an object.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_LIMIT above #MSVC_JWT_TOKEN_MAX, #MSVC_ERR_NOMEM or
 * #MSVC_ERR_INTERNAL.
 */
MSVC_API MSVC_MUST_USE int msvc_jwt_sign(struct msvc_buffer *out, const struct msvc_jwt_key *key,
                                         const struct json_t *claims, struct msvc_error *err);

/** Verifies tokens of one kind. Keeps the key set and fetches it again when it is old or a key is
 * unknown. Threading: safe. */
struct msvc_jwt_verifier;

/** Append the issuer's JWK Set; called by the thread that verifies, no lock held, never twice at
 * once. @return 0 or a status. */
typedef int msvc_jwt_fetch_fn(struct msvc_buffer *out, void *user, struct msvc_error *err);

/** Start from #MSVC_JWT_VERIFIER_OPTIONS; 0 means the default. */
struct msvc_jwt_verifier_options {
    size_t size;                       /**< Set by #MSVC_JWT_VERIFIER_OPTIONS. */
    enum msvc_jwt_algorithm algorithm; /**< Required: the only one that is accepted. */
    const char *issuer;                /**< Required: `iss`, exactly. Copied. */
    const char *audience;              /**< Required: `aud`, or one of them. Copied. */
    unsigned leeway_ms;                /**< For exp and nbf. Default 30000, at most 300000. */
    msvc_jwt_fetch_fn *fetch;          /**< Required. */
    void *user;                        /**< Passed to fetch, never read. */
    unsigned refresh_ms;               /**< Keys are fetched again when so old. Default 300000. */
    unsigned refetch_least_ms; /**< Least time between fetches, whatever kids come; at most a second
                                  while there are no keys to go by. Default 30000. */
    unsigned
        stale_most_ms; /**< Keys may be so old while they cannot be fetched. Default 3600000. */
    const struct msvc_clock *clock; /**< Borrowed. Default: the system's. */
};

#define MSVC_JWT_VERIFIER_OPTIONS(...) \
    MSVC_OPTIONS_OF(struct msvc_jwt_verifier_options, __VA_ARGS__)

/** @param options  Copied. @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 * Fetches nothing yet. */
MSVC_API MSVC_MUST_USE int msvc_jwt_verifier_new(struct msvc_jwt_verifier **out,
                                                 const struct msvc_jwt_verifier_options *options,
                                                 struct msvc_error *err);
MSVC_API void msvc_jwt_verifier_free(struct msvc_jwt_verifier *verifier);

/**
 * Verify a token.
 *
 * @param[out] claims  Owned by the caller (json_decref()); untouched on failure. Optional.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_MALFORMED (no token), #MSVC_ERR_LIMIT, #MSVC_ERR_AUTH
 * (signature, key, claims or times are wrong), #MSVC_ERR_UNAVAILABLE (the keys cannot be had), or
 * #MSVC_ERR_NOMEM. The message never repeats the token.
 */
MSVC_API MSVC_MUST_USE int msvc_jwt_verify(struct json_t **claims,
                                           struct msvc_jwt_verifier *verifier, const char *token,
                                           size_t length, struct msvc_error *err);

MSVC_END_DECLS

#endif
