/* SPDX-License-Identifier: MIT */
#ifndef MSVC_JWT_KEY_INTERNAL_H
#define MSVC_JWT_KEY_INTERNAL_H

#include "jwt/jwt_internal.h"

struct msvc_jwt_key {
    EVP_PKEY *pkey;
    enum msvc_jwt_algorithm algorithm;
    char *id;
};

#endif
