/* SPDX-License-Identifier: MIT */
extern const struct msvc_value *values;
extern const char *json;
