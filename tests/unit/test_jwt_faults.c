/* SPDX-License-Identifier: MIT */
/* Without memory, ours or jansson's: nothing leaks, crashes or passes. */
#include <msvc/jwt.h>

#include <stdlib.h>

#include "base/alloc_internal.h"
#include "jwt_support.h"

static long json_successes = -1; /* allocations of jansson until one fails; -1: none does */

static void *json_allocate(size_t size)
{
    if (json_successes >= 0 && json_successes-- == 0)
        return NULL;
    return malloc(size);
}

static void fail_after(long ours, long jansson)
{
    msvc__fail_allocation_after(ours);
    json_successes = jansson;
}

/* Runs the step with each allocation failing once. */
static void fail_each(int (*step)(struct jwt_fixture *f), struct jwt_fixture *f)
{
    int status;
    long n;

    for (n = 0;; n++) {
        fail_after(n, -1);
        status = step(f);
        fail_after(-1, -1);
        if (status == 0)
            break;
    }
    assert_in_range(n, 1, 500);
    for (n = 0;; n++) {
        fail_after(-1, n);
        status = step(f);
        fail_after(-1, -1);
        if (status == 0)
            break;
    }
    assert_in_range(n, 0, 500);
}

static int generate(struct jwt_fixture *f)
{
    struct msvc_jwt_key *key = NULL;
    int status = msvc_jwt_key_generate(&key, MSVC_JWT_ES256, &f->err);

    if (status < 0)
        assert_int_equal(status, MSVC_ERR_NOMEM);
    assert_true((key != NULL) == (status == 0));
    msvc_jwt_key_free(key);
    return status;
}

static int describe(struct jwt_fixture *f)
{
    struct msvc_buffer out = MSVC_BUFFER_INIT;
    int status = msvc_jwt_key_set(&out, (const struct msvc_jwt_key *[]){ f->key, NULL }, &f->err);

    if (status < 0)
        assert_int_equal(status, MSVC_ERR_NOMEM);
    msvc_buffer_clear(&out);
    return status;
}

static json_t *claims;

static int sign(struct jwt_fixture *f)
{
    struct msvc_buffer out = MSVC_BUFFER_INIT;
    int status = msvc_jwt_sign(&out, f->key, claims, &f->err);

    if (status < 0)
        assert_int_equal(status, MSVC_ERR_NOMEM);
    assert_true((out.length > 0) == (status == 0));
    msvc_buffer_clear(&out);
    return status;
}

static int new_verifier(struct jwt_fixture *f)
{
    struct msvc_jwt_verifier *verifier = NULL;
    int status = msvc_jwt_verifier_new(
        &verifier,
        MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_ES256, .issuer = ISSUER,
                                  .audience = AUDIENCE,
                                  .fetch = (msvc_jwt_fetch_fn *)(void (*)(void))abort),
        &f->err);

    if (status < 0)
        assert_int_equal(status, MSVC_ERR_NOMEM);
    assert_true((verifier != NULL) == (status == 0));
    msvc_jwt_verifier_free(verifier);
    return status;
}

/* Whatever has no memory, it never is AUTH that lasts: a second later it works. */
static int verify(struct jwt_fixture *f)
{
    fake_clock_advance_ms(&f->clock, 30000);
    return jwt_verify(f);
}

static void survives_without_memory(void **state)
{
    struct jwt_fixture f;

    (void)state;
    jwt_fixture_init(&f, MSVC_JWT_ES256);
    claims = json_pack("{s:s}", "sub", "ann");
    fail_each(generate, &f);
    fail_each(describe, &f);
    fail_each(sign, &f);
    fail_each(new_verifier, &f);
    json_decref(claims);
    jwt_fixture_clear(&f);
}

static void verifies_again_when_there_is_memory_again(void **state)
{
    struct jwt_fixture f;

    (void)state;
    jwt_fixture_init(&f, MSVC_JWT_ES256);
    jwt_forge_claims(&f, "{\"iss\":\"user-service\",\"aud\":\"orders\",\"exp\":9e9}");
    fail_each(verify, &f);
    jwt_fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_without_memory),
        cmocka_unit_test(verifies_again_when_there_is_memory_again),
    };

    json_set_alloc_funcs(json_allocate, free);
    return cmocka_run_group_tests_name("jwt_faults", tests, NULL, NULL);
}
