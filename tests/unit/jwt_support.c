/* SPDX-License-Identifier: MIT */
#include "jwt_support.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fetch(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    struct jwt_fixture *f = user;

    f->fetch_count++;
    if (f->fetch_status < 0)
        return msvc_error_set(err, f->fetch_status, "test", 0, "the issuer is away");
    msvc_buffer_bytes(out, f->key_set.data, f->key_set.length);
    return msvc_buffer_status(out);
}

void jwt_verifier(struct jwt_fixture *f, struct msvc_jwt_verifier_options options)
{
    options.size = sizeof(options);
    options.algorithm = f->key->algorithm;
    options.issuer = ISSUER;
    options.audience = AUDIENCE;
    options.fetch = fetch;
    options.user = f;
    options.clock = &f->clock.clock;
    msvc_jwt_verifier_free(f->verifier);
    f->verifier = NULL;
    assert_int_equal(msvc_jwt_verifier_new(&f->verifier, &options, &f->err), 0);
}

void jwt_fixture_init(struct jwt_fixture *f, enum msvc_jwt_algorithm algorithm)
{
    memset(f, 0, sizeof(*f));
    fake_clock_init(&f->clock);
    assert_int_equal(msvc_jwt_key_generate(&f->key, algorithm, &f->err), 0);
    jwt_publish(f, (const struct msvc_jwt_key *[]){ f->key, NULL });
    jwt_verifier(f, (struct msvc_jwt_verifier_options){ 0 });
}

void jwt_fixture_clear(struct jwt_fixture *f)
{
    msvc_jwt_verifier_free(f->verifier);
    msvc_jwt_key_free(f->key);
    msvc_buffer_clear(&f->key_set);
    msvc_buffer_clear(&f->token);
}

void jwt_publish(struct jwt_fixture *f, const struct msvc_jwt_key *const *keys)
{
    msvc_buffer_clear(&f->key_set);
    assert_int_equal(msvc_jwt_key_set(&f->key_set, keys, &f->err), 0);
}

void jwt_publish_text(struct jwt_fixture *f, const char *key_set)
{
    msvc_buffer_clear(&f->key_set);
    msvc_buffer_text(&f->key_set, key_set);
}

void jwt_forge(struct jwt_fixture *f, const struct msvc_jwt_key *key, const char *header,
               const char *claims)
{
    struct msvc_buffer signature = MSVC_BUFFER_INIT;

    msvc_buffer_clear(&f->token);
    msvc__base64url_write(&f->token, header, strlen(header));
    msvc_buffer_byte(&f->token, '.');
    msvc__base64url_write(&f->token, claims, strlen(claims));
    assert_int_equal(msvc__jwt_make_signature(&signature, key->pkey, key->algorithm, f->token.data,
                                              f->token.length),
                     0);
    msvc_buffer_byte(&f->token, '.');
    msvc__base64url_write(&f->token, signature.data, signature.length);
    msvc_buffer_clear(&signature);
}

static const char *good_claims(void)
{
    static char text[128];

    (void)snprintf(text, sizeof(text), "{\"iss\":\"%s\",\"aud\":\"%s\",\"exp\":%" PRId64 "}",
                   ISSUER, AUDIENCE, NOW_S + 60);
    return text;
}

static void forge_for(struct jwt_fixture *f, const struct msvc_jwt_key *key, const char *more,
                      const char *claims)
{
    char header[512];

    (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"%s}",
                   msvc__jwt_algorithm_name(key->algorithm), msvc_jwt_key_id(key), more);
    jwt_forge(f, key, header, claims);
}

void jwt_forge_header(struct jwt_fixture *f, const char *more)
{
    forge_for(f, f->key, more, good_claims());
}

void jwt_forge_claims(struct jwt_fixture *f, const char *claims)
{
    forge_for(f, f->key, "", claims);
}

void jwt_forge_good(struct jwt_fixture *f, const struct msvc_jwt_key *key)
{
    forge_for(f, key, "", good_claims());
}

int jwt_verify(struct jwt_fixture *f)
{
    return msvc_jwt_verify(NULL, f->verifier, f->token.data, f->token.length, &f->err);
}
