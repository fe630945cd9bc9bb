/* SPDX-License-Identifier: MIT */
#include "bus_suite.h"
