/* SPDX-License-Identifier: MIT */
extern struct msvc_http_client *client;
extern struct msvc_http_transport *users;
extern struct msvc_http_answer *answer;
