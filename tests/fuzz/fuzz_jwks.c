/* SPDX-License-Identifier: MIT */
/* Whatever an issuer answers to the question for its keys, verifying ends with a status. */
#include <msvc/jwt.h>

#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "fuzz.h"

/* {"alg":"ES256","kid":"a"}.{}. and 64 bytes of nothing; RS256 and EdDSA alike */
#define SIGNATURE                                                         \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAA"

static const char *const tokens[] = {
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.e30." SIGNATURE,
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.e30." SIGNATURE,
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30." SIGNATURE,
};

const char *const fuzz_seeds[] = {
    "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"use\":\"sig\"}]}",
    "{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"a\",\"crv\":\"Ed25519\",\"key_ops\":[\"verify\"],"
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\",\"n\":\"AQAB\"},{\"kid\":\"a\"}]}",
    "{\"keys\":[]}",
    NULL,
};

struct text {
    const uint8_t *data;
    size_t size;
};

static int fetch(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    const struct text *text = user;

    (void)err;
    msvc_buffer_bytes(out, text->data, text->size);
    return msvc_buffer_status(out);
}

static void verify(enum msvc_jwt_algorithm algorithm, struct text *text)
{
    const char *token = tokens[algorithm - 1];
    struct msvc_jwt_verifier *verifier = NULL;
    struct msvc_error err;
    int status;

    if (msvc_jwt_verifier_new(&verifier,
                              MSVC_JWT_VERIFIER_OPTIONS(.algorithm = algorithm, .issuer = "a",
                                                        .audience = "b", .fetch = fetch,
                                                        .user = text),
                              &err) < 0)
        return;
    status = msvc_jwt_verify(NULL, verifier, token, strlen(token), &err);
    FUZZ_CHECK(status == MSVC_ERR_AUTH || status == MSVC_ERR_UNAVAILABLE);
    FUZZ_CHECK(err.message[0] != '\0');
    msvc_jwt_verifier_free(verifier);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = { data, size };

    verify((enum msvc_jwt_algorithm)(MSVC_JWT_ES256 + size % 3), &text);
    return 0;
}
