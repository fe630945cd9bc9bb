/* SPDX-License-Identifier: MIT */
/* cmocka and what it insists on being included before it. */
#ifndef MSVC_TEST_H
#define MSVC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
