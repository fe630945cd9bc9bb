/* SPDX-License-Identifier: MIT */
/* What a token must look like. */
#include <msvc/jwt.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jwt_support.h"

static int setup(void **state)
{
    static struct jwt_fixture fixture;

    jwt_fixture_init(&fixture, MSVC_JWT_ES256);
    *state = &fixture;
    return 0;
}

static int setup_eddsa(void **state)
{
    static struct jwt_fixture fixture;

    jwt_fixture_init(&fixture, MSVC_JWT_EDDSA);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    jwt_fixture_clear(*state);
    return 0;
}

static void verifies_what_it_signed(void **state)
{
    struct jwt_fixture *f = *state;
    json_t *claims = json_pack("{s:s, s:s, s:I, s:s}", "iss", ISSUER, "aud", AUDIENCE, "exp",
                               (json_int_t)NOW_S + 60, "sub", "ann");
    json_t *read = NULL;

    assert_int_equal(msvc_jwt_sign(&f->token, f->key, claims, &f->err), 0);
    assert_int_equal(msvc_jwt_verify(&read, f->verifier, f->token.data, f->token.length, &f->err),
                     0);
    assert_true(json_equal(read, claims));
    json_decref(read);
    json_decref(claims);
}

static void refuses_to_sign_what_is_no_object(void **state)
{
    struct jwt_fixture *f = *state;
    json_t *list = json_array();

    assert_int_equal(msvc_jwt_sign(&f->token, f->key, list, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_jwt_sign(&f->token, f->key, NULL, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(f->token.length, 0);
    json_decref(list);
}

static void refuses_to_sign_a_token_too_long_to_be_verified(void **state)
{
    struct jwt_fixture *f = *state;
    static char text[MSVC_JWT_TOKEN_MAX];
    json_t *claims;

    memset(text, 'a', sizeof(text) - 1);
    claims = json_pack("{s:s}", "sub", text);
    assert_int_equal(msvc_jwt_sign(&f->token, f->key, claims, &f->err), MSVC_ERR_LIMIT);
    assert_int_equal(f->token.length, 0);
    json_decref(claims);
}

static void refuses_a_token_that_is_too_long(void **state)
{
    struct jwt_fixture *f = *state;
    static char text[MSVC_JWT_TOKEN_MAX + 1];

    memset(text, 'a', sizeof(text));
    assert_int_equal(msvc_jwt_verify(NULL, f->verifier, text, sizeof(text), &f->err),
                     MSVC_ERR_LIMIT);
    assert_int_equal(f->fetch_count, 0);
}

static int verify_text(struct jwt_fixture *f, const char *token)
{
    return msvc_jwt_verify(NULL, f->verifier, token, strlen(token), &f->err);
}

static void refuses_what_has_not_three_parts(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_text(f, ""), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_text(f, "e30"), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_text(f, "e30.e30"), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_text(f, "e30.e30.e30.e30"), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_text(f, ".."), MSVC_ERR_MALFORMED);
}

static void never_repeats_the_token_in_its_message(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_text(f, "Secret0.Secret0.Secret0"), MSVC_ERR_MALFORMED);
    assert_null(strstr(f->err.message, "Secret"));
}

/* The good token with another character at this place. */
static int verify_with_change_at(struct jwt_fixture *f, const char *at)
{
    char *byte = f->token.data + (at - f->token.data);

    assert_int_equal(jwt_verify(f), 0);
    *byte = *byte == 'A' ? 'B' : 'A';
    return jwt_verify(f);
}

static void refuses_changed_claims(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_forge_good(f, f->key);
    assert_int_equal(verify_with_change_at(f, strchr(f->token.data, '.') + 8), MSVC_ERR_AUTH);
}

static void refuses_a_changed_signature(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_forge_good(f, f->key);
    assert_int_equal(verify_with_change_at(f, strrchr(f->token.data, '.') + 8), MSVC_ERR_AUTH);
}

static void refuses_a_header_changed_without_changing_its_meaning(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_buffer token = MSVC_BUFFER_INIT;
    char header[256];

    jwt_forge_good(f, f->key);
    (void)snprintf(header, sizeof(header), "{ \"alg\":\"%s\",\"kid\":\"%s\"}",
                   msvc__jwt_algorithm_name(f->key->algorithm), msvc_jwt_key_id(f->key));
    msvc__base64url_write(&token, header, strlen(header));
    msvc_buffer_text(&token, strchr(f->token.data, '.'));
    assert_int_equal(msvc_jwt_verify(NULL, f->verifier, token.data, token.length, &f->err),
                     MSVC_ERR_AUTH);
    msvc_buffer_clear(&token);
}

static void refuses_a_signature_cut_short(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_forge_good(f, f->key);
    f->token.length -= 2; /* 63 bytes are left */
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    f->token.length = (size_t)(strrchr(f->token.data, '.') + 1 - f->token.data);
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
}

static void refuses_base64url_that_no_encoder_writes(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_forge_good(f, f->key);
    msvc_buffer_text(&f->token, "==");
    assert_int_equal(jwt_verify(f), MSVC_ERR_MALFORMED);
    jwt_forge_good(f,
                   f->key); /* 64 bytes are 85 characters and two bits: the last has stray ones */
    f->token.data[f->token.length - 1]++;
    assert_int_equal(jwt_verify(f), MSVC_ERR_MALFORMED);
}

static int verify_header(struct jwt_fixture *f, const char *header)
{
    jwt_forge_good(f, f->key);
    jwt_forge(f, f->key, header, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\"}");
    return jwt_verify(f);
}

static void refuses_tokens_that_are_not_signed(void **state)
{
    struct jwt_fixture *f = *state;
    const char *end;

    assert_int_equal(verify_header(f, "{\"alg\":\"none\",\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    end = strrchr(f->token.data, '.');
    f->token.length = (size_t)(end + 1 - f->token.data);
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"alg\":\"None\",\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    assert_int_equal(f->fetch_count, 0);
}

static void refuses_every_algorithm_but_its_own(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_header(f, "{\"alg\":\"HS256\",\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"alg\":\"RS256\",\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"alg\":\"es256\",\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"alg\":1,\"kid\":\"a\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"kid\":\"a\"}"), MSVC_ERR_AUTH);
}

static int verify_more(struct jwt_fixture *f, const char *more)
{
    jwt_forge_header(f, more);
    return jwt_verify(f);
}

static void refuses_extensions(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_more(f, ",\"crit\":[\"x\"],\"x\":1"), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"crit\":[]"), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"b64\":false"), MSVC_ERR_AUTH);
}

static void refuses_tokens_that_bring_their_own_key(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_more(f, ",\"jwk\":{\"kty\":\"EC\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"jku\":\"http://127.0.0.1/\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"x5c\":[\"MII\"]"), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"x5u\":\"http://127.0.0.1/\""), MSVC_ERR_AUTH);
    assert_int_equal(f->fetch_count, 0);
}

static void takes_the_types_of_tokens_and_no_other(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_more(f, ",\"typ\":\"JWT\""), 0);
    assert_int_equal(verify_more(f, ",\"typ\":\"jwt\""), 0);
    assert_int_equal(verify_more(f, ",\"typ\":\"application/at+jwt\""), 0);
    assert_int_equal(verify_more(f, ",\"typ\":\"logout+jwt\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_more(f, ",\"typ\":7"), MSVC_ERR_AUTH);
}

static void refuses_tokens_that_name_no_key(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_header(f, "{\"alg\":\"ES256\"}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_header(f, "{\"alg\":\"ES256\",\"kid\":1}"), MSVC_ERR_AUTH);
}

static void refuses_names_that_come_twice(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_more(f, ",\"kid\":\"b\""), MSVC_ERR_MALFORMED);
    jwt_forge_claims(f, "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE
                        "\",\"exp\":1767323000,\"exp\":1767323999}");
    assert_int_equal(jwt_verify(f), MSVC_ERR_MALFORMED);
}

static void refuses_parts_that_are_no_objects(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_header(f, "[]"), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_header(f, "{"), MSVC_ERR_MALFORMED);
    assert_int_equal(verify_header(f, "{} {}"), MSVC_ERR_MALFORMED);
    jwt_forge_claims(f, "\"claims\"");
    assert_int_equal(jwt_verify(f), MSVC_ERR_MALFORMED);
}

static int verify_expiry(struct jwt_fixture *f, const char *times)
{
    char claims[256];

    (void)snprintf(claims, sizeof(claims), "{\"iss\":\"%s\",\"aud\":\"%s\"%s}", ISSUER, AUDIENCE,
                   times);
    jwt_forge_claims(f, claims);
    return jwt_verify(f);
}

static void refuses_tokens_without_an_expiry(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_expiry(f, ""), MSVC_ERR_AUTH);
    assert_int_equal(verify_expiry(f, ",\"exp\":\"1767323999\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_expiry(f, ",\"exp\":null"), MSVC_ERR_AUTH);
}

static void lets_a_token_expire_when_its_time_and_the_leeway_are_over(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_expiry(f, ",\"exp\":1767323045"), 0);
    fake_clock_advance_ms(&f->clock, 29999);
    assert_int_equal(jwt_verify(f), 0);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
}

static void lets_a_token_begin_the_leeway_before_its_time(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_expiry(f, ",\"exp\":1767329999,\"nbf\":1767323076"), MSVC_ERR_AUTH);
    fake_clock_advance_ms(&f->clock, 999);
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(jwt_verify(f), 0);
    assert_int_equal(verify_expiry(f, ",\"exp\":1767329999,\"nbf\":\"\""), MSVC_ERR_AUTH);
}

static void reads_times_with_fractions_and_of_any_size(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_expiry(f, ",\"exp\":1767323045.5"), 0);
    assert_int_equal(verify_expiry(f, ",\"exp\":1e300"), 0);
    assert_int_equal(verify_expiry(f, ",\"exp\":-1e300"), MSVC_ERR_AUTH);
    assert_int_equal(verify_expiry(f, ",\"exp\":1767329999,\"iat\":\"now\""), MSVC_ERR_AUTH);
}

static void refuses_other_issuers(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_forge_claims(f, "{\"iss\":\"User-service\",\"aud\":\"orders\",\"exp\":1767329999}");
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    jwt_forge_claims(f, "{\"aud\":\"orders\",\"exp\":1767329999}");
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    jwt_forge_claims(f, "{\"iss\":[\"user-service\"],\"aud\":\"orders\",\"exp\":1767329999}");
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
}

static int verify_audience(struct jwt_fixture *f, const char *audience)
{
    char claims[256];

    (void)snprintf(claims, sizeof(claims), "{\"iss\":\"%s\",\"exp\":1767329999%s}", ISSUER,
                   audience);
    jwt_forge_claims(f, claims);
    return jwt_verify(f);
}

static void takes_its_audience_alone_or_among_others(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_audience(f, ",\"aud\":\"orders\""), 0);
    assert_int_equal(verify_audience(f, ",\"aud\":[\"users\",7,\"orders\"]"), 0);
    assert_int_equal(verify_audience(f, ",\"aud\":\"users\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_audience(f, ",\"aud\":[\"users\"]"), MSVC_ERR_AUTH);
    assert_int_equal(verify_audience(f, ",\"aud\":[]"), MSVC_ERR_AUTH);
    assert_int_equal(verify_audience(f, ",\"aud\":{\"orders\":1}"), MSVC_ERR_AUTH);
    assert_int_equal(verify_audience(f, ""), MSVC_ERR_AUTH);
}

static void leaves_the_claims_untouched_on_failure(void **state)
{
    struct jwt_fixture *f = *state;
    json_t *claims = json_true();

    jwt_forge_claims(f, "{\"iss\":\"else\"}");
    assert_int_equal(msvc_jwt_verify(&claims, f->verifier, f->token.data, f->token.length, &f->err),
                     MSVC_ERR_AUTH);
    assert_ptr_equal(claims, json_true());
}

static void answers_invalid_for_missing_objects(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_jwt_key *key = NULL;

    assert_int_equal(msvc_jwt_verify(NULL, NULL, "a", 1, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_jwt_verify(NULL, f->verifier, NULL, 0, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_jwt_key_from_pem(&key, NULL, 0, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_jwt_key_to_pem(&f->token, NULL, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_jwt_key_set(&f->token, NULL, &f->err), MSVC_ERR_INVALID);
    assert_null(msvc_jwt_key_id(NULL));
}

static int new_verifier(struct jwt_fixture *f, struct msvc_jwt_verifier_options options)
{
    struct msvc_jwt_verifier *verifier = NULL;
    int status = msvc_jwt_verifier_new(&verifier, &options, &f->err);

    assert_null(verifier);
    return status;
}

static int fetch_nothing(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    (void)out;
    (void)user;
    (void)err;
    return 0;
}

static void insists_on_what_makes_a_verifier_safe(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_jwt_verifier_options o = { .size = sizeof(o),
                                           .algorithm = MSVC_JWT_ES256,
                                           .issuer = ISSUER,
                                           .audience = AUDIENCE,
                                           .leeway_ms = 300001,
                                           .fetch = fetch_nothing };

    assert_int_equal(new_verifier(f, o), MSVC_ERR_INVALID);
    o.leeway_ms = 0;
    o.issuer = NULL;
    assert_int_equal(new_verifier(f, o), MSVC_ERR_INVALID);
    o.issuer = ISSUER;
    o.audience = NULL;
    assert_int_equal(new_verifier(f, o), MSVC_ERR_INVALID);
    o.audience = AUDIENCE;
    o.algorithm = 0;
    assert_int_equal(new_verifier(f, o), MSVC_ERR_INVALID);
    o.algorithm = MSVC_JWT_ES256;
    o.fetch = NULL;
    assert_int_equal(new_verifier(f, o), MSVC_ERR_INVALID);
}

static void answers_unsupported_for_options_of_a_later_version(void **state)
{
    struct jwt_fixture *f = *state;
    struct {
        struct msvc_jwt_verifier_options known;
        uint64_t later;
    } options = { { .size = sizeof(options) }, 1 };
    struct msvc_jwt_verifier *verifier = NULL;

    assert_int_equal(msvc_jwt_verifier_new(&verifier, &options.known, &f->err),
                     MSVC_ERR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(verifies_what_it_signed),
        { "verifies_what_it_signed_with_ed25519", verifies_what_it_signed, setup_eddsa, teardown,
          NULL },
        TEST(refuses_to_sign_what_is_no_object),
        TEST(refuses_to_sign_a_token_too_long_to_be_verified),
        TEST(refuses_a_token_that_is_too_long),
        TEST(refuses_what_has_not_three_parts),
        TEST(never_repeats_the_token_in_its_message),
        TEST(refuses_changed_claims),
        TEST(refuses_a_changed_signature),
        { "refuses_a_changed_signature_of_ed25519", refuses_a_changed_signature, setup_eddsa,
          teardown, NULL },
        TEST(refuses_a_header_changed_without_changing_its_meaning),
        TEST(refuses_a_signature_cut_short),
        TEST(refuses_base64url_that_no_encoder_writes),
        TEST(refuses_tokens_that_are_not_signed),
        TEST(refuses_every_algorithm_but_its_own),
        TEST(refuses_extensions),
        TEST(refuses_tokens_that_bring_their_own_key),
        TEST(takes_the_types_of_tokens_and_no_other),
        TEST(refuses_tokens_that_name_no_key),
        TEST(refuses_names_that_come_twice),
        TEST(refuses_parts_that_are_no_objects),
        TEST(refuses_tokens_without_an_expiry),
        TEST(lets_a_token_expire_when_its_time_and_the_leeway_are_over),
        TEST(lets_a_token_begin_the_leeway_before_its_time),
        TEST(reads_times_with_fractions_and_of_any_size),
        TEST(refuses_other_issuers),
        TEST(takes_its_audience_alone_or_among_others),
        TEST(leaves_the_claims_untouched_on_failure),
        TEST(answers_invalid_for_missing_objects),
        TEST(insists_on_what_makes_a_verifier_safe),
        TEST(answers_unsupported_for_options_of_a_later_version),
    };

    return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
