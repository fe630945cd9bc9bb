/* SPDX-License-Identifier: MIT */
extern const char *url;
extern const struct msvc_store_driver *const drivers[];
