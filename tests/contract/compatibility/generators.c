/* SPDX-License-Identifier: MIT */
#include "world.h"

const struct step_pattern generator_steps[] = {
    { NULL, NULL },
};
