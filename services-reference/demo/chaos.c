/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <msvc/error.h>

int chaos_run(struct demo *demo, struct msvc_error *err)
{
    (void)demo;
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "demo", 0, "chaos is not there yet");
}
