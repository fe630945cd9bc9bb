/* SPDX-License-Identifier: MIT */
extern struct msvc_http_client *client;
