/* SPDX-License-Identifier: MIT */
/* No token that the issuer did not sign passes, whatever was done to one that it did sign. */
#include <msvc/jwt.h>

#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>

#include "fuzz.h"

/* Signed with a key that nobody has any more. */
#define KEY_ID "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define KEY_SET                                                         \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" KEY_ID \
    "\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

const char *const fuzz_seeds[] = {
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsifQ."
    "eyJpc3MiOiJhIiwiYXVkIjoiYiIsImV4cCI6OWU5fQ."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIiwiYXVkIjoiYiIsImV4cCI6OWU5fQ.",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    "e30.e30.",
    "..",
    NULL,
};

static int fetch(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    (void)user;
    (void)err;
    msvc_buffer_text(out, KEY_SET);
    return msvc_buffer_status(out);
}

static struct msvc_jwt_verifier *verifier(void)
{
    static struct msvc_jwt_verifier *one; /* for the whole run, as in a service */
    struct msvc_error err;

    if (one == NULL)
        FUZZ_CHECK(msvc_jwt_verifier_new(&one,
                                         MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_EDDSA,
                                                                   .issuer = "a", .audience = "b",
                                                                   .fetch = fetch),
                                         &err) == 0);
    return one;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *claims = NULL;
    struct msvc_error err;

    FUZZ_CHECK(msvc_jwt_verify(&claims, verifier(), (const char *)data, size, &err) < 0);
    FUZZ_CHECK(claims == NULL && err.status < 0 && err.message[0] != '\0');
    return 0;
}
