/* SPDX-License-Identifier: MIT */
/* The examples of the RFCs. */
#include <msvc/jwt.h>

#include <string.h>

#include <openssl/pem.h>

#include "jwt_support.h"

#define ES256_KEY                                            \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                     \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define ES256_TEXT                                                     \
    "eyJhbGciOiJFUzI1NiJ9."                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define ES256_SIGNATURE                                                \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
    "pmWQxfKTUJqPP3-Kg6NU1Q"

#define ED25519_SECRET "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define ED25519_KEY                         \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ED25519_TEXT "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define ED25519_SIGNATURE                                              \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B" \
    "hVsPt9g7sVvpAr_MuM0KAg"
#define ED25519_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

static bool verifies(const char *jwk_text, enum msvc_jwt_algorithm algorithm, const char *text,
                     const char *signature_text)
{
    json_t *jwk = json_loads(jwk_text, 0, NULL);
    EVP_PKEY *key = msvc__jwk_read(jwk, algorithm);
    struct msvc_buffer signature = MSVC_BUFFER_INIT;
    bool ok;

    assert_non_null(key);
    assert_true(msvc__base64url_read(&signature, signature_text, strlen(signature_text)));
    ok = msvc__jwt_check_signature(key, algorithm, text, strlen(text),
                                   (const unsigned char *)signature.data, signature.length);
    msvc_buffer_clear(&signature);
    EVP_PKEY_free(key);
    json_decref(jwk);
    return ok;
}

static void verifies_rfc7515_appendix_a3(void **state)
{
    (void)state;
    assert_true(verifies(ES256_KEY, MSVC_JWT_ES256, ES256_TEXT, ES256_SIGNATURE));
    assert_false(verifies(ES256_KEY, MSVC_JWT_ES256, ES256_TEXT "A", ES256_SIGNATURE));
}

static void verifies_rfc8037_appendix_a4(void **state)
{
    (void)state;
    assert_true(verifies(ED25519_KEY, MSVC_JWT_EDDSA, ED25519_TEXT, ED25519_SIGNATURE));
    assert_false(verifies(ED25519_KEY, MSVC_JWT_EDDSA, ED25519_TEXT "A", ED25519_SIGNATURE));
}

/* The private key of RFC 8037 appendix A.1. */
static struct msvc_jwt_key *ed25519_key(void)
{
    struct msvc_buffer secret = MSVC_BUFFER_INIT;
    BIO *bio = BIO_new(BIO_s_mem());
    struct msvc_jwt_key *key = NULL;
    EVP_PKEY *pkey;
    char *pem;
    long length;

    assert_true(msvc__base64url_read(&secret, ED25519_SECRET, strlen(ED25519_SECRET)));
    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)secret.data,
                                        secret.length);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    length = BIO_get_mem_data(bio, &pem);
    assert_int_equal(msvc_jwt_key_from_pem(&key, pem, (size_t)length, NULL), 0);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    msvc_buffer_clear(&secret);
    return key;
}

static void signs_rfc8037_appendix_a4(void **state)
{
    struct msvc_jwt_key *key = ed25519_key();
    struct msvc_buffer signature = MSVC_BUFFER_INIT;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    (void)state;
    assert_int_equal(msvc__jwt_make_signature(&signature, key->pkey, key->algorithm, ED25519_TEXT,
                                              strlen(ED25519_TEXT)),
                     0);
    msvc__base64url_write(&text, signature.data, signature.length);
    assert_string_equal(text.data, ED25519_SIGNATURE);
    msvc_buffer_clear(&text);
    msvc_buffer_clear(&signature);
    msvc_jwt_key_free(key);
}

/* The thumbprint of RFC 7638; its own example is of RSA, which we never name. */
static void names_a_key_as_rfc8037_appendix_a3(void **state)
{
    struct msvc_jwt_key *key = ed25519_key();

    (void)state;
    assert_string_equal(msvc_jwt_key_id(key), ED25519_THUMBPRINT);
    msvc_jwt_key_free(key);
}

static void describes_a_key_as_rfc8037_appendix_a2(void **state)
{
    struct msvc_jwt_key *key = ed25519_key();
    json_t *expected = json_loads(ED25519_KEY, 0, NULL);
    json_t *jwk = msvc__jwk_public(key->pkey);

    (void)state;
    assert_true(json_equal(jwk, expected));
    json_decref(jwk);
    json_decref(expected);
    msvc_jwt_key_free(key);
}

static void writes_base64url_as_rfc4648_section_10(void **state)
{
    static const char *const expected[] = {
        "", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"
    };

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct msvc_buffer text = MSVC_BUFFER_INIT;
        struct msvc_buffer bytes = MSVC_BUFFER_INIT;

        msvc__base64url_write(&text, "foobar", i);
        assert_memory_equal(text.length > 0 ? text.data : "", expected[i], strlen(expected[i]) + 1);
        assert_true(msvc__base64url_read(&bytes, expected[i], strlen(expected[i])));
        assert_int_equal(bytes.length, i);
        assert_memory_equal(bytes.length > 0 ? bytes.data : "", "foobar", i);
        msvc_buffer_clear(&bytes);
        msvc_buffer_clear(&text);
    }
}

static void reads_only_what_the_encoder_writes(void **state)
{
    static const char *const wrong[] = { "Z",    "Zg==", "Zh",   "Zm9=",    "Zm9v\n",
                                         "Zm 9", "Zm+v", "Zm/v", "Zm8\xff", NULL };
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;

    (void)state;
    for (size_t i = 0; wrong[i] != NULL; i++)
        assert_false(msvc__base64url_read(&bytes, wrong[i], strlen(wrong[i])));
    assert_false(msvc__base64url_read(&bytes, "Zm\0v", 4));
    msvc_buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_rfc7515_appendix_a3),
        cmocka_unit_test(verifies_rfc8037_appendix_a4),
        cmocka_unit_test(signs_rfc8037_appendix_a4),
        cmocka_unit_test(names_a_key_as_rfc8037_appendix_a3),
        cmocka_unit_test(describes_a_key_as_rfc8037_appendix_a2),
        cmocka_unit_test(writes_base64url_as_rfc4648_section_10),
        cmocka_unit_test(reads_only_what_the_encoder_writes),
    };

    return cmocka_run_group_tests_name("jwt_vectors", tests, NULL, NULL);
}
