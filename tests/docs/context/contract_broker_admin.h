/* SPDX-License-Identifier: MIT */
extern struct msvc_pact_broker *broker;
extern struct msvc_pact_broker_reply *reply;
extern struct msvc_pact_matrix *matrix;
extern const char *token;
