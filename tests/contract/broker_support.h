/* SPDX-License-Identifier: MIT */
/* A broker's index, and a transport that answers what a test says. */
#ifndef MSVC_BROKER_SUPPORT_H
#define MSVC_BROKER_SUPPORT_H

#include <msvc/http.h>

/* The relations of a broker of today, as its index has them. */
extern const char broker_index[];

/* Answers "/" with the index and everything else with one body; notes what it was asked. */
struct scripted {
    struct msvc_http_transport transport;
    const char *index;
    int status; /* default 200 */
    const char *body;
    char method[16];
    char target[512]; /* of the last call */
    char authorization[256];
    char sent[4096];
    unsigned calls;
};

void scripted_init(struct scripted *s, int status, const char *body);

#endif
