/* SPDX-License-Identifier: MIT */
/* An issuer whose keys a test decides, and tokens that no decent issuer would make. */
#ifndef MSVC_TEST_JWT_SUPPORT_H
#define MSVC_TEST_JWT_SUPPORT_H

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "jwt/key_internal.h"
#include "test.h"

#define ISSUER   "user-service"
#define AUDIENCE "orders"
#define NOW_S    INT64_C(1767323045) /* of the fake clock */

struct jwt_fixture {
    struct fake_clock clock;
    struct msvc_jwt_key *key;
    struct msvc_jwt_verifier *verifier;
    struct msvc_buffer key_set; /* what the issuer answers */
    int fetch_status;           /* or says instead */
    int fetch_count;
    struct msvc_buffer token; /* the last one made */
    struct msvc_error err;
};

/* A key of this kind, a verifier for it, and the key in the issuer's set. */
void jwt_fixture_init(struct jwt_fixture *f, enum msvc_jwt_algorithm algorithm);
void jwt_fixture_clear(struct jwt_fixture *f);

/* Another verifier; the clock, the issuer's answers and what is required are the fixture's. */
void jwt_verifier(struct jwt_fixture *f, struct msvc_jwt_verifier_options options);

/* The issuer now answers with these keys, ended by NULL. */
void jwt_publish(struct jwt_fixture *f, const struct msvc_jwt_key *const *keys);
void jwt_publish_text(struct jwt_fixture *f, const char *key_set);

/* Make a token of these texts, signed by key. */
void jwt_forge(struct jwt_fixture *f, const struct msvc_jwt_key *key, const char *header,
               const char *claims);
/* With a header and claims as they must be; more goes into the object: ",\"nbf\":1". */
void jwt_forge_header(struct jwt_fixture *f, const char *more);
void jwt_forge_claims(struct jwt_fixture *f, const char *claims);
/* As they must be, by this key. */
void jwt_forge_good(struct jwt_fixture *f, const struct msvc_jwt_key *key);

/* The status of the token that was made last. */
int jwt_verify(struct jwt_fixture *f);

#endif
