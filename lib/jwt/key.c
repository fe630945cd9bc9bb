/* SPDX-License-Identifier: MIT */
/* Private keys: where they come from, their ids, and the set of their public halves. */
#include "jwt/jwt_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"
#include "jwt/key_internal.h"

#define PEM_MAX 65536

/* RFC 7638: SHA-256 of the required members, sorted by name, without spaces. */
static char *thumbprint(EVP_PKEY *key)
{
    json_t *jwk = msvc__jwk_public(key);
    char *text = jwk != NULL ? json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    struct msvc_buffer id = MSVC_BUFFER_INIT;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (text != NULL && EVP_Digest(text, strlen(text), hash, &length, EVP_sha256(), NULL) == 1)
        msvc__base64url_write(&id, hash, length);
    free(text);
    json_decref(jwk);
    if (length == 0) {
        msvc_buffer_clear(&id);
        return NULL;
    }
    return msvc_buffer_steal(&id);
}

/* Takes pkey, always. */
static int wrap(struct msvc_jwt_key **out, EVP_PKEY *pkey, enum msvc_jwt_algorithm algorithm,
                struct msvc_error *err)
{
    struct msvc_jwt_key *key = msvc__new(sizeof(*key));

    if (key == NULL || (key->id = thumbprint(pkey)) == NULL) {
        free(key);
        EVP_PKEY_free(pkey);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "jwt", 0, "no memory for a key");
    }
    key->pkey = pkey;
    key->algorithm = algorithm;
    *out = key;
    return 0;
}

int msvc_jwt_key_generate(struct msvc_jwt_key **out, enum msvc_jwt_algorithm algorithm,
                          struct msvc_error *err)
{
    EVP_PKEY *pkey;

    if (out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0, "expected a place for the key");
    if (algorithm != MSVC_JWT_ES256 && algorithm != MSVC_JWT_EDDSA)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "jwt", 0,
                              "keys are made for ES256 and EdDSA, not for %d", (int)algorithm);
    pkey = algorithm == MSVC_JWT_ES256 ? EVP_EC_gen("P-256")
                                       : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL)
        return msvc_error_set(err, MSVC_ERR_INTERNAL, "jwt", 0, "OpenSSL made no key");
    return wrap(out, pkey, algorithm, err);
}

static bool is_p256(EVP_PKEY *pkey)
{
    char group[32] = "";

    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                          NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

/* Without this an encrypted key would make OpenSSL ask on the terminal. */
static int no_password(char *out, int size, int writing, void *user)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)user;
    return -1;
}

int msvc_jwt_key_from_pem(struct msvc_jwt_key **out, const char *pem, size_t length,
                          struct msvc_error *err)
{
    BIO *bio;
    EVP_PKEY *pkey;

    if (out == NULL || pem == NULL || length > PEM_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0,
                              "expected a private key in PEM of at most %d bytes", PEM_MAX);
    (void)ERR_set_mark();
    bio = BIO_new_mem_buf(pem, (int)length);
    pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    if (pkey == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "jwt", 0,
                              "expected an unencrypted private key in PEM");
    if (is_p256(pkey))
        return wrap(out, pkey, MSVC_JWT_ES256, err);
    if (EVP_PKEY_is_a(pkey, "ED25519"))
        return wrap(out, pkey, MSVC_JWT_EDDSA, err);
    EVP_PKEY_free(pkey);
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "jwt", 0,
                          "expected a P-256 or an Ed25519 key, found another kind");
}

int msvc_jwt_key_to_pem(struct msvc_buffer *out, const struct msvc_jwt_key *key,
                        struct msvc_error *err)
{
    BIO *bio;
    char *text = NULL;
    long length;

    if (out == NULL || key == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0, "expected a key");
    bio = BIO_new(BIO_s_mem());
    if (bio == NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "jwt", 0, "no memory for a key");
    }
    length = BIO_get_mem_data(bio, &text);
    msvc_buffer_bytes(out, text, (size_t)length);
    OPENSSL_cleanse(text, (size_t)length);
    BIO_free(bio);
    return msvc_buffer_status(out);
}

void msvc_jwt_key_free(struct msvc_jwt_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key->id);
    free(key);
}

const char *msvc_jwt_key_id(const struct msvc_jwt_key *key)
{
    return key != NULL ? key->id : NULL;
}

static json_t *describe(const struct msvc_jwt_key *key)
{
    json_t *jwk = msvc__jwk_public(key->pkey);

    if (jwk != NULL &&
        (json_object_set_new(jwk, "kid", json_string(key->id)) != 0 ||
         json_object_set_new(jwk, "use", json_string("sig")) != 0 ||
         json_object_set_new(jwk, "alg", json_string(msvc__jwt_algorithm_name(key->algorithm))) !=
             0)) {
        json_decref(jwk);
        return NULL;
    }
    return jwk;
}

int msvc_jwt_key_set(struct msvc_buffer *out, const struct msvc_jwt_key *const *keys,
                     struct msvc_error *err)
{
    json_t *list;
    json_t *set;
    char *text = NULL;

    if (out == NULL || keys == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "jwt", 0, "expected a list of keys");
    list = json_array();
    set = json_pack("{s:o}", "keys", list);
    for (; set != NULL && *keys != NULL; keys++) {
        if (json_array_append_new(list, describe(*keys)) != 0)
            break;
    }
    if (set != NULL && *keys == NULL)
        text = json_dumps(set, JSON_COMPACT);
    if (text != NULL)
        msvc_buffer_text(out, text);
    json_decref(set);
    if (text == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "jwt", 0, "no memory for a key set");
    free(text);
    return msvc_buffer_status(out);
}
