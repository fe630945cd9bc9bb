/* SPDX-License-Identifier: MIT */
/* Passwords are kept as yescrypt hashes, made and compared by libxcrypt. */
#include "users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>

#include <msvc/error.h>

int password_hash(char out[USER_HASH_SIZE], const char *password, int64_t cost,
                  struct msvc_error *err)
{
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *work = calloc(1, sizeof(*work));
    const char *hash = NULL;

    if (work != NULL &&
        crypt_gensalt_rn("$y$", (unsigned long)cost, NULL, 0, salt, sizeof(salt)) != NULL)
        hash = crypt_r(password, salt, work);
    if (hash == NULL || hash[0] == '*' || strlen(hash) >= USER_HASH_SIZE) {
        free(work);
        return msvc_error_set(err, MSVC_ERR_INTERNAL, "users", errno, "crypt made no hash");
    }
    memcpy(out, hash, strlen(hash) + 1);
    memset(work, 0, sizeof(*work));
    free(work);
    return 0;
}

/* In the same time whatever differs. */
static bool equal(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned char difference = 0;

    if (length != strlen(b))
        return false;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

bool password_matches(const char *password, const char *hash)
{
    struct crypt_data *work = calloc(1, sizeof(*work));
    const char *again = work != NULL ? crypt_r(password, hash, work) : NULL;
    bool matches = again != NULL && again[0] != '*' && equal(again, hash);

    free(work);
    return matches;
}
