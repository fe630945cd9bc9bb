/* SPDX-License-Identifier: MIT */
/* Where the keys come from, how long they serve, and how often they are asked for. */
#include <msvc/jwt.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "jwt_support.h"

static int setup(void **state)
{
    static struct jwt_fixture fixture;

    jwt_fixture_init(&fixture, MSVC_JWT_ES256);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    jwt_fixture_clear(*state);
    return 0;
}

static struct msvc_jwt_key *new_key(struct jwt_fixture *f)
{
    struct msvc_jwt_key *key = NULL;

    assert_int_equal(msvc_jwt_key_generate(&key, f->key->algorithm, &f->err), 0);
    return key;
}

static int verify_by(struct jwt_fixture *f, const struct msvc_jwt_key *key)
{
    jwt_forge_good(f, key);
    return jwt_verify(f);
}

static void fetches_once_for_many_tokens(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(f->fetch_count, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(f->fetch_count, 1);
}

static void takes_old_and_new_key_while_the_issuer_changes_them(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_jwt_key *next = new_key(f);

    jwt_publish(f, (const struct msvc_jwt_key *[]){ f->key, next, NULL });
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(verify_by(f, next), 0);
    assert_int_equal(f->fetch_count, 1);
    msvc_jwt_key_free(next);
}

static void fetches_when_a_token_names_a_new_key(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_jwt_key *next = new_key(f);

    assert_int_equal(verify_by(f, f->key), 0);
    jwt_publish(f, (const struct msvc_jwt_key *[]){ next, NULL });
    fake_clock_advance_ms(&f->clock, 30000);
    assert_int_equal(verify_by(f, next), 0);
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_AUTH);
    assert_int_equal(f->fetch_count, 2);
    msvc_jwt_key_free(next);
}

static void costs_the_issuer_nothing_to_be_asked_for_made_up_keys(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_by(f, f->key), 0);
    fake_clock_advance_ms(&f->clock, 30000);
    for (int i = 0; i < 20; i++) {
        struct msvc_jwt_key *stranger = new_key(f);

        assert_int_equal(verify_by(f, stranger), MSVC_ERR_AUTH);
        msvc_jwt_key_free(stranger);
        fake_clock_advance_ms(&f->clock, 1000);
    }
    assert_int_equal(f->fetch_count, 2);
}

static void fetches_again_when_the_keys_are_old(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_verifier(f, (struct msvc_jwt_verifier_options){ .leeway_ms = 300000 });
    assert_int_equal(verify_by(f, f->key), 0);
    fake_clock_advance_ms(&f->clock, 299999);
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(f->fetch_count, 1);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(f->fetch_count, 2);
}

static void drops_a_key_that_the_issuer_took_back(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_by(f, f->key), 0);
    jwt_publish_text(f, "{\"keys\":[]}");
    jwt_verifier(f, (struct msvc_jwt_verifier_options){ .refresh_ms = 30000, .leeway_ms = 60000 });
    jwt_publish(f, (const struct msvc_jwt_key *[]){ f->key, NULL });
    assert_int_equal(verify_by(f, f->key), 0);
    jwt_publish_text(f, "{\"keys\":[]}");
    fake_clock_advance_ms(&f->clock, 30000);
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_AUTH);
}

static void serves_stale_keys_while_the_issuer_is_away(void **state)
{
    struct jwt_fixture *f = *state;

    jwt_verifier(f, (struct msvc_jwt_verifier_options){
                        .leeway_ms = 300000, .refresh_ms = 60000, .stale_most_ms = 120000 });
    assert_int_equal(verify_by(f, f->key), 0);
    f->fetch_status = MSVC_ERR_TIMEOUT;
    fake_clock_advance_ms(&f->clock, 60000);
    assert_int_equal(verify_by(f, f->key), 0);
    fake_clock_advance_ms(&f->clock, 59999);
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(f->fetch_count, 3);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_UNAVAILABLE);
}

static void asks_again_after_a_second_while_it_has_no_keys(void **state)
{
    struct jwt_fixture *f = *state;

    f->fetch_status = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "the issuer is away"));
    f->fetch_status = 0;
    fake_clock_advance_ms(&f->clock, 999);
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->fetch_count, 1);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(verify_by(f, f->key), 0);
}

static void does_not_call_a_key_unknown_when_it_could_not_ask(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_jwt_key *next = new_key(f);

    assert_int_equal(verify_by(f, f->key), 0);
    f->fetch_status = MSVC_ERR_AUTH;
    fake_clock_advance_ms(&f->clock, 30000);
    assert_int_equal(verify_by(f, next), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(verify_by(f, next), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(f->fetch_count, 2);
    msvc_jwt_key_free(next);
}

static void answers_unavailable_for_what_is_no_key_set(void **state)
{
    static const char *const texts[] = { "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]} x", NULL };
    struct jwt_fixture *f = *state;

    for (size_t i = 0; texts[i] != NULL; i++) {
        jwt_publish_text(f, texts[i]);
        jwt_verifier(f, (struct msvc_jwt_verifier_options){ 0 });
        assert_int_equal(verify_by(f, f->key), MSVC_ERR_UNAVAILABLE);
    }
}

static void answers_unavailable_for_a_key_set_too_long(void **state)
{
    struct jwt_fixture *f = *state;

    while (f->key_set.length <= MSVC_JWT_KEY_SET_MAX)
        msvc_buffer_text(&f->key_set, "                ");
    assert_int_equal(verify_by(f, f->key), MSVC_ERR_UNAVAILABLE);
}

static void passes_over_keys_it_has_no_use_for(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_buffer all = MSVC_BUFFER_INIT;
    char *own = strchr(f->key_set.data, '[') + 1;

    msvc_buffer_text(&all, "{\"keys\":[7,{},{\"kty\":\"EC\"},{\"kty\":\"oct\",\"k\":\"YQ\","
                           "\"kid\":\"a\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"b\",\"x\":"
                           "\"AAAA\",\"y\":\"AAAA\"},{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":"
                           "\"c\"},");
    msvc_buffer_text(&all, own);
    jwt_publish_text(f, all.data);
    msvc_buffer_clear(&all);
    assert_int_equal(verify_by(f, f->key), 0);
    assert_int_equal(ERR_peek_error(), 0);
}

/* The fixture's key as the issuer describes it, with one member changed. */
static int verify_described(struct jwt_fixture *f, const char *name, const char *json)
{
    json_t *set;
    json_t *jwk;
    char *text;

    jwt_publish(f, (const struct msvc_jwt_key *[]){ f->key, NULL });
    set = json_loads(f->key_set.data, 0, NULL);
    jwk = json_array_get(json_object_get(set, "keys"), 0);
    assert_int_equal(json_object_set_new(jwk, name, json_loads(json, JSON_DECODE_ANY, NULL)), 0);
    text = json_dumps(set, 0);
    jwt_publish_text(f, text);
    free(text);
    json_decref(set);
    jwt_verifier(f, (struct msvc_jwt_verifier_options){ 0 });
    return verify_by(f, f->key);
}

static void takes_only_keys_that_are_for_signatures_of_its_kind(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_described(f, "use", "\"sig\""), 0);
    assert_int_equal(verify_described(f, "use", "\"enc\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_described(f, "alg", "\"ES384\""), MSVC_ERR_AUTH);
    assert_int_equal(verify_described(f, "key_ops", "[\"verify\"]"), 0);
    assert_int_equal(verify_described(f, "key_ops", "[\"sign\"]"), MSVC_ERR_AUTH);
    assert_int_equal(verify_described(f, "key_ops", "\"verify\""), MSVC_ERR_AUTH);
}

static void refuses_points_that_are_not_on_the_curve(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(verify_described(f, "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""),
                     MSVC_ERR_AUTH);
}

/* RS256 is only verified: sign as others do. */
static void forge_rsa(struct jwt_fixture *f, EVP_PKEY *pkey)
{
    static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"rsa\"}";
    static const char claims[] = "{\"iss\":\"user-service\",\"aud\":\"orders\",\"exp\":1767329999}";
    unsigned char bytes[512];
    size_t length = sizeof(bytes);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    msvc_buffer_clear(&f->token);
    msvc__base64url_write(&f->token, header, sizeof(header) - 1);
    msvc_buffer_byte(&f->token, '.');
    msvc__base64url_write(&f->token, claims, sizeof(claims) - 1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey), 1);
    assert_int_equal(
        EVP_DigestSign(context, bytes, &length, (unsigned char *)f->token.data, f->token.length),
        1);
    EVP_MD_CTX_free(context);
    msvc_buffer_byte(&f->token, '.');
    msvc__base64url_write(&f->token, bytes, length);
}

static void publish_rsa(struct jwt_fixture *f, EVP_PKEY *pkey)
{
    unsigned char bytes[512];
    BIGNUM *n = NULL;
    int length;

    assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    length = BN_bn2bin(n, bytes);
    BN_free(n);
    msvc_buffer_clear(&f->key_set);
    msvc_buffer_text(&f->key_set,
                     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"e\":\"AQAB\",\"n\":\"");
    msvc__base64url_write(&f->key_set, bytes, (size_t)length);
    msvc_buffer_text(&f->key_set, "\"}]}");
}

static void use_rsa(struct jwt_fixture *f, unsigned bits)
{
    EVP_PKEY *pkey = EVP_RSA_gen(bits);

    f->key->algorithm = MSVC_JWT_RS256;
    jwt_verifier(f, (struct msvc_jwt_verifier_options){ 0 });
    publish_rsa(f, pkey);
    forge_rsa(f, pkey);
    EVP_PKEY_free(pkey);
}

static void verifies_rsa(void **state)
{
    struct jwt_fixture *f = *state;
    char *byte;

    use_rsa(f, 2048);
    assert_int_equal(jwt_verify(f), 0);
    byte = strrchr(f->token.data, '.') + 5;
    *byte = *byte == 'A' ? 'B' : 'A';
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuses_rsa_keys_that_are_too_short(void **state)
{
    struct jwt_fixture *f = *state;

    use_rsa(f, 1024);
    assert_int_equal(jwt_verify(f), MSVC_ERR_AUTH);
}

static void keeps_a_key_in_pem(void **state)
{
    struct jwt_fixture *f = *state;
    struct msvc_buffer pem = MSVC_BUFFER_INIT;
    struct msvc_jwt_key *copy = NULL;

    assert_int_equal(msvc_jwt_key_to_pem(&pem, f->key, &f->err), 0);
    assert_int_equal(msvc_jwt_key_from_pem(&copy, pem.data, pem.length, &f->err), 0);
    assert_string_equal(msvc_jwt_key_id(copy), msvc_jwt_key_id(f->key));
    assert_int_equal(verify_by(f, copy), 0);
    msvc_jwt_key_free(copy);
    msvc_buffer_clear(&pem);
}

/* pkey in PEM, with a password if there is one. The status of reading it. */
static int read_pem(struct jwt_fixture *f, EVP_PKEY *pkey, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct msvc_jwt_key *key = NULL;
    char *text;
    long length;
    int status;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey,
                                                   password != NULL ? EVP_aes_128_cbc() : NULL,
                                                   password, password != NULL ? 4 : 0, NULL, NULL),
                     1);
    length = BIO_get_mem_data(bio, &text);
    status = msvc_jwt_key_from_pem(&key, text, (size_t)length, &f->err);
    BIO_free(bio);
    assert_null(key);
    return status;
}

static void never_asks_for_a_password(void **state)
{
    struct jwt_fixture *f = *state;

    assert_int_equal(read_pem(f, f->key->pkey, "pass"), MSVC_ERR_MALFORMED);
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuses_keys_that_sign_nothing_we_know(void **state)
{
    struct jwt_fixture *f = *state;
    EVP_PKEY *p384 = EVP_EC_gen("P-384");
    EVP_PKEY *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    struct msvc_jwt_key *key = NULL;

    assert_int_equal(read_pem(f, p384, NULL), MSVC_ERR_UNSUPPORTED);
    assert_int_equal(read_pem(f, x25519, NULL), MSVC_ERR_UNSUPPORTED);
    assert_int_equal(msvc_jwt_key_from_pem(&key, "-----BEGIN", 10, &f->err), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_jwt_key_generate(&key, MSVC_JWT_RS256, &f->err), MSVC_ERR_UNSUPPORTED);
    EVP_PKEY_free(x25519);
    EVP_PKEY_free(p384);
}

/* Two threads and an issuer who answers when it is told to. */
struct race {
    struct jwt_fixture *f;
    struct msvc_jwt_verifier *verifier;
    atomic_int fetching;
    atomic_int most_fetching;
    atomic_int fetch_count;
    atomic_int asking;
    int results[2];
};

static int fetch_slowly(struct msvc_buffer *out, void *user, struct msvc_error *err)
{
    struct race *race = user;
    int now = atomic_fetch_add(&race->fetching, 1) + 1;

    (void)err;
    if (now > atomic_load(&race->most_fetching))
        atomic_store(&race->most_fetching, now);
    atomic_fetch_add(&race->fetch_count, 1);
    while (atomic_load(&race->asking) < 2)
        (void)sched_yield();
    for (int i = 0; i < 1000; i++)
        (void)sched_yield(); /* the other thread is at the lock by now, or waits */
    msvc_buffer_bytes(out, race->f->key_set.data, race->f->key_set.length);
    fake_clock_advance_ms(&race->f->clock, 5);
    atomic_fetch_sub(&race->fetching, 1);
    return msvc_buffer_status(out);
}

static void *ask(void *user)
{
    struct race *race = user;
    struct msvc_error err;
    int index = atomic_fetch_add(&race->asking, 1);

    race->results[index] =
        msvc_jwt_verify(NULL, race->verifier, race->f->token.data, race->f->token.length, &err);
    return NULL;
}

static void fetches_for_two_threads_at_once_only_once(void **state)
{
    struct race race = { .f = *state, .results = { -1, -1 } };
    pthread_t threads[2];

    assert_int_equal(msvc_jwt_verifier_new(
                         &race.verifier,
                         MSVC_JWT_VERIFIER_OPTIONS(.algorithm = MSVC_JWT_ES256, .issuer = ISSUER,
                                                   .audience = AUDIENCE, .fetch = fetch_slowly,
                                                   .user = &race, .clock = &race.f->clock.clock),
                         &race.f->err),
                     0);
    jwt_forge_good(race.f, race.f->key);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &race), 0);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(race.results[0], 0);
    assert_int_equal(race.results[1], 0);
    assert_int_equal(race.fetch_count, 1);
    assert_int_equal(race.most_fetching, 1);
    msvc_jwt_verifier_free(race.verifier);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fetches_once_for_many_tokens),
        TEST(takes_old_and_new_key_while_the_issuer_changes_them),
        TEST(fetches_when_a_token_names_a_new_key),
        TEST(costs_the_issuer_nothing_to_be_asked_for_made_up_keys),
        TEST(fetches_again_when_the_keys_are_old),
        TEST(drops_a_key_that_the_issuer_took_back),
        TEST(serves_stale_keys_while_the_issuer_is_away),
        TEST(asks_again_after_a_second_while_it_has_no_keys),
        TEST(does_not_call_a_key_unknown_when_it_could_not_ask),
        TEST(answers_unavailable_for_what_is_no_key_set),
        TEST(answers_unavailable_for_a_key_set_too_long),
        TEST(passes_over_keys_it_has_no_use_for),
        TEST(takes_only_keys_that_are_for_signatures_of_its_kind),
        TEST(refuses_points_that_are_not_on_the_curve),
        TEST(verifies_rsa),
        TEST(refuses_rsa_keys_that_are_too_short),
        TEST(keeps_a_key_in_pem),
        TEST(never_asks_for_a_password),
        TEST(refuses_keys_that_sign_nothing_we_know),
        TEST(fetches_for_two_threads_at_once_only_once),
    };

    return cmocka_run_group_tests_name("jwt_keys", tests, NULL, NULL);
}
