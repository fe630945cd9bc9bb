/* SPDX-License-Identifier: MIT */
/* The floor of HTTP: plain libmicrohttpd, one answer from memory, on the loop's thread. */
#ifndef PLAIN_SERVER_H
#define PLAIN_SERVER_H

#define PLAIN_BODY "{\"id\":\"4711\",\"status\":\"pending\"}"

struct MHD_Daemon;

/* GET answers 200, POST 201. NULL when it cannot listen on 127.0.0.1. */
struct MHD_Daemon *plain_server_start(unsigned *port);

#endif
